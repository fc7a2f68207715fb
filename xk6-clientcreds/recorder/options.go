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
	commitVariable = "K6_CLIENTCREDS_RECORD_COMMIT"
	rulesVariable  = "K6_CLIENTCREDS_RECORD_RULES"
)

// variables are the options by their environment variables.
var variables = map[string]string{
	"K6_CLIENTCREDS_RECORD_FILE": "file", commitVariable: "commit", rulesVariable: "rules",
	"K6_CLIENTCREDS_RECORD_SCRAPE": "scrape", "K6_CLIENTCREDS_RECORD_SCRAPE_METRICS": "scrapeMetrics",
	"K6_CLIENTCREDS_RECORD_SCRAPE_CPUS": "scrapeCPUs",
}

// options are the options of one output.
type options struct {
	File   string
	Commit string // "" to ask git
	Rules  string // file of rules that end a run with two sides; "" for none

	scrape  scrapeOptions
	targets []scrapeTarget // what comes of scrape
}

// resolveOptions takes the options by precedence: defaults, the JSON of collectors.clientcreds-record,
// the environment, the argument after -o clientcreds-record=.
func resolveOptions(jsonConfig json.RawMessage, env map[string]string, argument string) (options, error) {
	o := options{File: defaultFile}
	var ofJSON, ofArgument options
	if len(jsonConfig) > 0 {
		if err := ofJSON.readJSON(jsonConfig); err != nil {
			return o, fmt.Errorf("collectors.%s: %w", Name, err)
		}
	}
	o.override(ofJSON)
	ofEnvironment, err := readEnvironment(env)
	if err != nil {
		return o, err
	}
	o.override(ofEnvironment)
	if err := ofArgument.readArgument(argument); err != nil {
		return o, fmt.Errorf("-o %s=%s: %w", Name, withoutURLs(argument), err)
	}
	o.override(ofArgument)
	if o.targets, err = o.scrape.targets(env); err != nil {
		return o, fmt.Errorf("-o %s: %w", Name, err)
	}
	err = o.check()
	return o, err
}

// override takes the options that later ones, which have precedence, set.
func (o *options) override(later options) {
	o.File, o.Commit, o.Rules = cmp.Or(later.File, o.File), cmp.Or(later.Commit, o.Commit), cmp.Or(later.Rules, o.Rules)
	o.scrape.override(later.scrape)
}

// readEnvironment reads the options in variables.
func readEnvironment(env map[string]string) (o options, err error) {
	for _, variable := range slices.Sorted(maps.Keys(variables)) {
		if value := env[variable]; value != "" {
			if err := o.set(variables[variable], value); err != nil {
				return o, fmt.Errorf("%s: %w", variable, err)
			}
		}
	}
	return o, nil
}

// withoutURLs is an argument up to the first URL, which may have credentials.
func withoutURLs(argument string) string {
	if before, _, found := strings.Cut(argument, "://"); found {
		return before + "://…"
	}
	return argument
}

// optionNames are the names in the argument and in JSON.
var optionNames = []string{"file", "commit", "rules", "scrape", "scrapeMetrics", "scrapeToken", "scrapeCPUs"}

// readArgument reads FILE, or option=value,…. A text that begins with a word and = does not count as the name of a
// file.
func (o *options) readArgument(argument string) error {
	name, _, found := strings.Cut(argument, "=")
	if argument == "" || !found || !isWord(name) {
		o.File = argument
		return nil
	}
	const hint = `; write ./FILE if the name of the file has "=" in it`
	for _, part := range strings.Split(argument, ",") {
		name, value, found := strings.Cut(part, "=")
		if !found {
			return fmt.Errorf(`%q has no "="; write FILE, or file=FILE,commit=NAME,rules=FILE%s`, withoutURLs(part), hint)
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
	if known, err := o.scrape.set(name, value); known {
		return err
	}
	option := map[string]*string{"file": &o.File, "commit": &o.Commit, "rules": &o.Rules}[name]
	switch {
	case option == nil:
		return fmt.Errorf("unknown option %q%s; use one of %s", name, nearest.DidYouMean(name, optionNames),
			strings.Join(optionNames, ", "))
	case value == "":
		return fmt.Errorf("option %q is empty; set it, or leave it out", name)
	}
	*option = value
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
