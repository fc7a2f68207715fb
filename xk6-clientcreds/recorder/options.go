package recorder

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// defaultFile is where the record goes when nothing else is said.
const defaultFile = "clientcreds-record.json"

const (
	fileVariable   = "K6_CLIENTCREDS_RECORD_FILE"
	commitVariable = "K6_CLIENTCREDS_RECORD_COMMIT"
	rulesVariable  = "K6_CLIENTCREDS_RECORD_RULES"
)

// options are the options of one output.
type options struct {
	File   string
	Commit string // "" to ask git
	Rules  string // file of rules that end a run with two sides; "" for none
	Scrape []scrapeTarget
}

// resolveOptions takes the options by precedence: defaults, the JSON of collectors.clientcreds-record,
// the environment, the argument after -o clientcreds-record=.
func resolveOptions(jsonConfig json.RawMessage, env map[string]string, argument string) (options, error) {
	o := options{File: defaultFile}
	if len(jsonConfig) > 0 {
		if err := o.readJSON(jsonConfig); err != nil {
			return o, fmt.Errorf("collectors.%s: %w", Name, err)
		}
	}
	for variable, option := range map[string]*string{
		fileVariable: &o.File, commitVariable: &o.Commit, rulesVariable: &o.Rules,
	} {
		if value := env[variable]; value != "" {
			*option = value
		}
	}
	if err := o.readArgument(argument); err != nil {
		return o, fmt.Errorf("-o %s=%s: %w", Name, argument, err)
	}
	err := o.check()
	return o, err
}

// optionNames are the names in the argument and in JSON.
var optionNames = []string{"file", "commit", "rules", "scrape"}

// readArgument reads FILE, or option=value,…. A text that begins with a word and = does not count as the name of a
// file.
func (o *options) readArgument(argument string) error {
	name, _, found := strings.Cut(argument, "=")
	if argument == "" || !found || !isWord(name) {
		o.File = cmp.Or(argument, o.File)
		return nil
	}
	const hint = `; write ./FILE if the name of the file has "=" in it`
	for _, part := range strings.Split(argument, ",") {
		name, value, found := strings.Cut(part, "=")
		if !found {
			return fmt.Errorf(`%q has no "="; allowed: FILE, or file=FILE,commit=NAME,rules=FILE%s`, part, hint)
		}
		if err := o.set(name, value); err != nil {
			return fmt.Errorf("%w%s", err, hint)
		}
	}
	return nil
}

// readJSON reads an object of options.
func (o *options) readJSON(config json.RawMessage) error {
	var object map[string]any
	if err := json.Unmarshal(config, &object); err != nil {
		return errors.New("it is not a JSON object of options")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value, isText := object[name].(string)
		if !isText && slices.Contains(optionNames, name) {
			return fmt.Errorf("option %q is not a string", name)
		}
		if err := o.set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) set(name, value string) error {
	if name == "scrape" {
		return o.addTarget(value)
	}
	option := map[string]*string{"file": &o.File, "commit": &o.Commit, "rules": &o.Rules}[name]
	switch {
	case option == nil:
		return fmt.Errorf("unknown option %q%s; allowed: %s", name, nearest.DidYouMean(name, optionNames),
			strings.Join(optionNames, ", "))
	case value == "":
		return fmt.Errorf("option %q is empty; set it, or leave it out", name)
	}
	*option = value
	return nil
}

// addTarget takes the option scrape, which may be repeated.
func (o *options) addTarget(value string) error {
	target, err := parseTarget(value)
	switch {
	case err != nil:
		return err
	case len(o.Scrape) == maxTargets:
		return fmt.Errorf("option \"scrape\" is given too often; at most %d servers are read", maxTargets)
	}
	o.Scrape = append(o.Scrape, target)
	return nil
}

// isWord says whether s could be the name of an option.
func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'z' || r > 'Z' && r < 'a' })
}

// check finds, before the test, what would keep the record from being written after it.
func (o *options) check() error {
	if err := outfile.Check(o.File); err != nil {
		return fmt.Errorf("-o %s: %w", Name, err)
	}
	return checkCommit(commitVariable, o.Commit)
}

// checkCommit refuses what is not the name of a commit. An empty one is none.
func checkCommit(variable, name string) error {
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) || len(name) > 100 {
		return fmt.Errorf("%s must be the name of a commit: up to 100 printable characters without blanks", variable)
	}
	return nil
}

// sortedCopy returns the values in order, nil when there are none.
func sortedCopy(set map[string]bool) []string {
	var values []string
	for value := range set {
		values = append(values, value)
	}
	slices.Sort(values)
	return values
}
