package exporter

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
)

// options are the options of one output. optionTable documents each of them.
type options struct {
	Addr           string
	Path           string
	WebConfig      string
	Linger         linger
	Metrics        nameFilter
	Labels         labelFilter
	MaxSeries      int
	Buckets        bucketRules
	Histograms     histogramKind
	RuntimeMetrics bool
	Textfile       string
	Push           pushOptions
}

const (
	// envPrefix begins the name of every option in the environment.
	envPrefix = "K6_PROMETHEUS_"
	// remoteWritePrefix begins the names of k6's own remote-write output.
	remoteWritePrefix = "K6_PROMETHEUS_RW_"
)

// resolveOptions takes the options by precedence: defaults, the JSON of collectors.prometheus, the
// environment, the argument after -o prometheus=.
func resolveOptions(jsonConfig json.RawMessage, env map[string]string, argument string,
	log logrus.FieldLogger,
) (*options, error) {
	o := new(options)
	for _, row := range optionTable() {
		if row.initial != "" {
			if err := row.set(o, row.initial); err != nil {
				return nil, fmt.Errorf("default of option %q: %w", row.name, err)
			}
		}
	}
	for _, read := range []func() ([]setting, error){
		func() ([]setting, error) { return settingsOfJSON(jsonConfig) },
		func() ([]setting, error) { return settingsOfEnvironment(env, log), nil },
		func() ([]setting, error) { return settingsOfArgument(argument) },
	} {
		settings, err := read()
		if err != nil {
			return nil, err
		}
		for _, s := range settings {
			if err := s.apply(o); err != nil {
				return nil, err
			}
		}
	}
	return o, o.Push.validate()
}

// setting is the value of one option, and where it was found.
type setting struct {
	name, value, source string
}

func (s setting) apply(o *options) error {
	for _, row := range optionTable() {
		if row.name != s.name {
			continue
		}
		if err := row.set(o, strings.TrimSpace(s.value)); err != nil {
			return fmt.Errorf("option %q (%s): %w", s.name, s.source, err)
		}
		return nil
	}
	return fmt.Errorf("unknown option %q (%s)%s; use one of %s", s.name, s.source,
		nearest.DidYouMean(s.name, optionNames()), strings.Join(optionNames(), ", "))
}

func optionNames() []string {
	var names []string
	for _, row := range optionTable() {
		names = append(names, row.name)
	}
	return names
}

// environmentName is the name of an option in the environment: maxSeries is K6_PROMETHEUS_MAX_SERIES.
func environmentName(option string) string {
	var name strings.Builder
	name.WriteString(envPrefix)
	for _, r := range option {
		if r >= 'A' && r <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(r)
	}
	return strings.ToUpper(name.String())
}

func settingsOfEnvironment(env map[string]string, log logrus.FieldLogger) []setting {
	var settings []setting
	known := make(map[string]bool)
	for _, option := range optionNames() {
		name := environmentName(option)
		known[name] = true
		if value, ok := env[name]; ok {
			settings = append(settings, setting{option, value, name})
		}
	}
	for name := range env {
		if strings.HasPrefix(name, envPrefix) && !strings.HasPrefix(name, remoteWritePrefix) && !known[name] {
			log.Warnf("%s is not an option of the prometheus output and is ignored", name)
		}
	}
	return settings
}

// settingsOfArgument reads ADDR, key=value,… or ADDR,key=value,….
func settingsOfArgument(argument string) ([]setting, error) {
	const source = "-o prometheus=…"
	if argument == "" {
		return nil, nil
	}
	var settings []setting
	for i, part := range strings.Split(argument, ",") {
		name, value, found := strings.Cut(part, "=")
		switch {
		case found:
			settings = append(settings, setting{strings.TrimSpace(name), value, source})
		case i == 0:
			settings = append(settings, setting{"addr", part, source})
		default:
			return nil, fmt.Errorf("part %d of -o prometheus=… has no \"=\"; write ADDR, or ADDR,option=value,…, "+
				"with spaces between the items of a list", i+1)
		}
	}
	return settings, nil
}

// settingsOfJSON reads an object whose values are strings, numbers, booleans, lists, and for
// buckets an object of lists.
func settingsOfJSON(raw json.RawMessage) ([]setting, error) {
	const source = "collectors.prometheus"
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, fmt.Errorf("%s is not a JSON object of options", source)
	}
	var settings []setting
	for name, value := range object {
		text, err := textOf(value)
		if err != nil {
			return nil, fmt.Errorf("option %q (%s): %w", name, source, err)
		}
		settings = append(settings, setting{name, text, source})
	}
	slices.SortFunc(settings, func(a, b setting) int { return strings.Compare(a.name, b.name) })
	return settings, nil
}

// textOf is a JSON value in the form that the argument and the environment use.
func textOf(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool, float64:
		return fmt.Sprint(v), nil
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			switch item.(type) {
			case string, float64:
				items[i] = fmt.Sprint(item)
			default:
				return "", errors.New("a list may hold strings and numbers only")
			}
		}
		return strings.Join(items, " "), nil
	case map[string]any:
		var rules []string
		for key, item := range v {
			if _, list := item.([]any); !list {
				return "", fmt.Errorf("%q must be a list", key)
			}
			text, err := textOf(item)
			if err != nil {
				return "", err
			}
			rules = append(rules, key+":"+text)
		}
		slices.Sort(rules)
		return strings.Join(rules, ";"), nil
	default:
		return "", errors.New("null is not a value")
	}
}
