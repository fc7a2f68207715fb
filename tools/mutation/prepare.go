package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// atLeast limits every process. It leaves time for a machine with much to do.
var atLeast = limits{wall: 45 * time.Second, cpu: 3 * time.Second}

// prepare compiles the tests of a package with all changes, finds the tests that reach each, and writes a coverage profile
// that covers the operators that a test reaches, and nothing else.
func prepare(folder, profile string) error {
	pkg, err := parse(folder)
	if err != nil {
		return err
	}
	pkg.variables = true
	s, err := pkg.build(folder)
	if err != nil { // a constant was needed
		pkg.variables = false
		s, err = pkg.build(folder)
	}
	if err != nil {
		return err
	}
	if err := s.trace(); err != nil {
		return err
	}
	if err := s.save(); err != nil {
		return err
	}
	return s.writeProfile(profile, pkg.ImportPath)
}

// build compiles the tests with all changes.
func (pkg *source) build(folder string) (*state, error) {
	s := &state{Dir: pkg.Dir, Files: pkg.GoFiles, Binary: stateFile("tests"), Tests: map[string]effort{}}
	replaced := map[string]string{}
	for _, file := range pkg.files {
		text, points := pkg.instrument(file, len(s.Points))
		s.Points = append(s.Points, points...)
		name := filepath.Base(pkg.set.Position(file.Pos()).Filename)
		if err := os.WriteFile(stateFile(name), text, 0o600); err != nil {
			return nil, err
		}
		replaced[filepath.Join(pkg.Dir, name)] = stateFile(name)
	}
	if err := os.WriteFile(stateFile(switches), pkg.switches(len(s.Points)), 0o600); err != nil {
		return nil, err
	}
	replaced[filepath.Join(pkg.Dir, switches)] = stateFile(switches)
	overlay, err := writeOverlay(replaced)
	if err != nil {
		return nil, err
	}
	build := exec.Command(realGo(), "test", "-c", "-vet=off", "-overlay", overlay, "-o", s.Binary, folder)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return s, nil
}

// writeOverlay writes the file that has the go command read other files in the place of the package's own.
func writeOverlay(replaced map[string]string) (string, error) {
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(os.Getenv("MUTATION_STATE"), "overlay-*.json")
	if err != nil {
		return "", err
	}
	if _, err := file.Write(text); err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// trace runs each test alone.
func (s *state) trace() error {
	list, err := run(s.Dir, nil, atLeast, s.Binary, "-test.list", "^(Test|Example|Fuzz)")
	if err == nil && list.code != 0 {
		err = fmt.Errorf("the tests cannot be listed: %s", list.output)
	}
	if err != nil {
		return err
	}
	reached := stateFile("reached")
	for _, test := range strings.Fields(string(list.output)) {
		if err := os.RemoveAll(reached); err != nil {
			return err
		}
		most := limits{10 * time.Minute, 10 * time.Minute}
		end, err := run(s.Dir, []string{"MUTATION_REACHED=" + reached}, most, s.Binary, "-test.run", "^"+test+"$")
		if err == nil && end.code != 0 {
			err = fmt.Errorf("%s fails without a change: %s", test, end.output)
		}
		if err != nil {
			return err
		}
		s.Tests[test] = end.effort
		text, err := os.ReadFile(reached)
		if err != nil {
			continue // it reaches nothing
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			number, err := strconv.Atoi(lines.Text())
			if err != nil {
				return err
			}
			s.Points[number].Tests = append(s.Points[number].Tests, test)
		}
	}
	return nil
}

func (s *state) writeProfile(file, importPath string) error {
	out := &bytes.Buffer{}
	out.WriteString("mode: set\n")
	for _, p := range s.Points {
		if len(p.Tests) > 0 || !p.Switched {
			fmt.Fprintf(out, "%s/%s:%d.%d,%d.%d 1 1\n", importPath, p.File, p.Line, p.Column, p.Line, p.Column)
		}
	}
	return os.WriteFile(file, out.Bytes(), 0o600)
}
