package compare

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// ReadRules reads a rules file: a YAML (or JSON) object with one member, rules, whose members are
// rules.
//
//	rules:
//	  p95 of ` + metricname.RequestDuration + `: +10%
//	  error rate: +0
func ReadRules(r io.Reader) ([]Rule, error) {
	var file struct {
		Rules yaml.Node `yaml:"rules"`
	}
	decoder := yaml.NewDecoder(r)
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the file is empty; " + writeRules)
		}
		var wrong *yaml.TypeError
		if errors.As(err, &wrong) { // its text is about Go's types
			return nil, errors.New(writeRules + ", and nothing else")
		}
		return nil, err
	}
	if file.Rules.Kind != yaml.MappingNode || len(file.Rules.Content) == 0 {
		return nil, errors.New(writeRules)
	}
	rules := make([]Rule, 0, len(file.Rules.Content)/2)
	seen := make(map[Subject]bool)
	for i := 0; i+1 < len(file.Rules.Content); i += 2 {
		key, value := file.Rules.Content[i], file.Rules.Content[i+1]
		if value.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: rule %q has no limit; %s", value.Line, key.Value, writeLimit)
		}
		rule, err := ParseRule(key.Value, value.Value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", key.Line, err)
		}
		if seen[rule.Subject] {
			return nil, fmt.Errorf("line %d: there are two rules for %q", key.Line, rule.Subject)
		}
		seen[rule.Subject] = true
		rules = append(rules, rule)
	}
	return rules, nil
}

const writeRules = `write an object "rules" with at least one rule, such as "p95 of ` + metricname.RequestDuration + `: +10%"`

// DefaultRules are those that hold where no file gives others. What the runs have not measured is
// left out.
func DefaultRules() []Rule {
	return []Rule{
		percent("p50", metricname.RequestDuration, 0.10),
		percent("p95", metricname.RequestDuration, 0.10),
		percent("rate", metricname.Requests, -0.10),
		{Subject: Subject{Stat: errorRateStat, Metric: metricname.RequestFailed}},
		percent("p50", metricname.HTTPReqDuration, 0.10),
		percent("p95", metricname.HTTPReqDuration, 0.10),
		percent("rate", metricname.HTTPReqs, -0.10),
		{Subject: Subject{Stat: "rate", Metric: metricname.HTTPReqFailed}},
	}
}

// ServerRules are the default rules about the servers under test: their CPU, if every run has read it.
func ServerRules(base, head []*runrecord.Record) []Rule {
	all := slices.Concat(base, head)
	var rules []Rule
	for _, server := range runrecord.Servers(all) {
		for _, measurement := range []string{"cpu", "cpu_usage"} {
			rule := percent("avg", runrecord.ServerMetricName(server, measurement), 0.10)
			if !slices.ContainsFunc(all, func(r *runrecord.Record) bool { return !rule.Subject.measured(r) }) {
				rules = append(rules, rule)
				break
			}
		}
	}
	return rules
}

// percent limits the change of a statistic to a share of its value.
func percent(stat, metric string, share float64) Rule {
	return Rule{
		Subject: Subject{Stat: stat, Metric: metric},
		Limit:   Limit{Amount: share, Relative: true, Down: share < 0},
	}
}
