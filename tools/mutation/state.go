package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// state holds what the runs for each change need to know from the coverage run.
type state struct {
	Dir    string   // the package's folder
	Files  []string // the files of the package that are built on this system
	Binary string   // the tests, with all changes
	Points []*point
	Tests  map[string]effort
}

// point is an operator that gremlins changes.
type point struct {
	File         string
	Offset       int // of the operator
	Line, Column int
	Op           string
	Switched     bool     // the change is in the binary
	Pointless    bool     // a change does not compile, or cannot be noticed
	Tests        []string // that reach it
}

// effort holds how long a test takes.
type effort struct{ Wall, CPU time.Duration }

func stateFile(name string) string { return filepath.Join(os.Getenv("MUTATION_STATE"), name) }

func (s *state) save() error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(stateFile("state.json"), text, 0o600)
}

func load() (*state, error) {
	text, err := os.ReadFile(stateFile("state.json"))
	if err != nil {
		return nil, err
	}
	s := &state{}
	return s, json.Unmarshal(text, s)
}

// remember appends a line to a file next to the state.
func remember(file, line string) {
	f, err := os.OpenFile(stateFile(file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
	}
	if err != nil {
		panic(err)
	}
	_ = f.Close()
}
