package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// try runs the tests of the package in the working directory, in which one operator differs from the original.
func try() (int, error) {
	s, err := load()
	if err != nil {
		return noticed, err
	}
	p, op, err := s.difference()
	if err != nil {
		return noticed, err
	}
	if s.Points[p].Pointless {
		return notViable, nil
	}
	if s.Points[p].noticedBefore(op) {
		return noticed, nil
	}
	if !s.Points[p].Switched {
		return s.compileAndTest(s.Points[p].File)
	}
	return s.test(p, op)
}

// noticedBefore reports whether an earlier run is to be believed that a test noticed the change to op.
func (p *point) noticedBefore(op string) bool {
	text, err := os.ReadFile(stateFile("noticed"))
	return err == nil && strings.Contains(string(text), fmt.Sprintf("\n%s:%d:%d %s\n", p.File, p.Line, p.Column, p.kind(op)))
}

// kind is the name that gremlins has for a change.
func (p *point) kind(op string) string {
	switch {
	case strings.Contains("+-*/%", p.Op):
		return "ARITHMETIC_BASE"
	case p.Op == "++" || p.Op == "--":
		return "INCREMENT_DECREMENT"
	case p.Op == op+"=" || op == p.Op+"=":
		return "CONDITIONALS_BOUNDARY"
	}
	return "CONDITIONALS_NEGATION"
}

// difference returns the point that was changed in the working directory, and its operator now.
func (s *state) difference() (int, string, error) {
	for _, file := range s.Files {
		before, err := os.ReadFile(filepath.Join(s.Dir, file))
		if err != nil {
			return 0, "", err
		}
		after, err := os.ReadFile(file)
		if err != nil {
			return 0, "", err
		}
		if bytes.Equal(before, after) {
			continue
		}
		if offset, op, found := firstDifference(before, after); found {
			for i, p := range s.Points {
				if p.File == file && p.Offset == offset {
					return i, op, nil
				}
			}
			return 0, "", fmt.Errorf("%s: unknown change at offset %d", file, offset)
		}
	}
	return 0, "", fmt.Errorf("nothing differs from %s", s.Dir)
}

// firstDifference returns the offset of the first token of before that is another one in after, and that one.
func firstDifference(before, after []byte) (int, string, bool) {
	old, changed := tokens(before), tokens(after)
	for {
		at, was := old()
		_, is := changed()
		if was != is {
			return at, is.String(), true
		}
		if was == token.EOF {
			return 0, "", false
		}
	}
}

// tokens returns a function that returns the next token and its offset. Semicolons are left out: gremlins formats what it
// changes, and they depend on how lines are broken.
func tokens(text []byte) func() (int, token.Token) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, text, nil, 0)
	return func() (int, token.Token) {
		for {
			if at, tok, _ := s.Scan(); tok != token.SEMICOLON {
				return file.Offset(at), tok
			}
		}
	}
}

// test runs the tests that reach a point with its operator changed to op, the short ones first: mostly one of them fails.
func (s *state) test(p int, op string) (int, error) {
	short, long := s.byEffort(s.Points[p].Tests)
	for _, tests := range [][]string{short, long} {
		if len(tests) == 0 {
			continue
		}
		end, err := run(".", []string{"MUTATION=" + strconv.Itoa(p) + ":" + op}, s.limits(tests), s.Binary,
			"-test.failfast", "-test.run", "^("+strings.Join(tests, "|")+")$")
		if err != nil {
			return noticed, err
		}
		if code := s.judge(p, end); code != survived {
			return code, nil
		}
	}
	return survived, nil
}

// byEffort divides tests into those that take about as long as the shortest one, and the others.
func (s *state) byEffort(tests []string) (short, long []string) {
	const more = 30 * time.Millisecond
	least := s.Tests[slices.MinFunc(tests, func(a, b string) int { return cmp.Compare(s.Tests[a].CPU, s.Tests[b].CPU) })].CPU
	for _, test := range tests {
		if s.Tests[test].CPU <= least+more {
			short = append(short, test)
		} else {
			long = append(long, test)
		}
	}
	return short, long
}

// compileAndTest runs all tests of the package with a file of the working directory in the place of the original.
func (s *state) compileAndTest(file string) (int, error) {
	changed, err := filepath.Abs(file)
	if err != nil {
		return noticed, err
	}
	overlay, err := writeOverlay(map[string]string{filepath.Join(s.Dir, file): changed})
	if err != nil {
		return noticed, err
	}
	binary := overlay + ".test"
	defer func() { _ = os.Remove(binary) }()
	build, err := run(s.Dir, nil, limits{wall: 1 << 62, cpu: 1 << 62}, realGo(), "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, ".")
	if err != nil {
		return noticed, err
	}
	if build.code != 0 {
		return notViable, nil
	}
	var all []string
	for test := range s.Tests {
		all = append(all, test)
	}
	end, err := run(".", nil, s.limits(all), binary, "-test.failfast")
	if err != nil {
		return noticed, err
	}
	return s.judge(0, end), nil
}

// limits are far more than the tests take without a change.
func (s *state) limits(tests []string) limits {
	most := atLeast
	for _, test := range tests {
		most.wall += 20 * s.Tests[test].Wall
		most.cpu += 10 * s.Tests[test].CPU
	}
	return most
}

// judge returns the exit code for the end of the tests.
func (s *state) judge(p int, end ended) int {
	switch {
	case end.late:
		remember("late", fmt.Sprintf("%s:%d", s.Points[p].File, s.Points[p].Line))
		return noticed
	case end.code == 0:
		return survived
	}
	return noticed
}
