package compare

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// Rule limits the change of one statistic.
type Rule struct {
	// Subject is the statistic to which a rule applies.
	Subject Subject
	// Limit is the most that it may change.
	Limit Limit
}

// Subject is a statistic of a metric.
type Subject struct {
	// Stat is a percentile such as p95 or p99.9, or avg, min, max, count, rate or value.
	Stat string
	// Metric is the name of a k6 metric.
	Metric string
	// Tag and Value choose the part of the metric that has this tag; both are empty for all of it.
	Tag, Value string
}

// Rules have one short form: the share of failed token requests.
const (
	errorRate     = "error rate"
	errorRateStat = "rate"
)

const (
	writeSubject = `write "error rate", or a statistic of a metric, such as "p95 of ` + metricname.RequestDuration + `" or "rate of ` + metricname.HTTPReqs + `{scenario:api}"`
	writeLimit   = `write the most that it may change, such as "+10%", "-5%", "+20ms", "+1pp" or "+0"`
)

var (
	subjectForm = regexp.MustCompile(`^(\S+) of ([A-Za-z_][A-Za-z0-9_]*|server:[A-Za-z]+:[A-Za-z0-9_:]+)(?:\{([A-Za-z_][A-Za-z0-9_]*): ?([^{}]*)\})?$`)
	numberForm  = regexp.MustCompile(`^\d+(\.\d+)?$`)
)

var plainStats = []string{"avg", "min", "med", "max", "count", "rate", "value"}

// ParseRule reads a rule: subject and limit. Errors quote what is wrong and say what is allowed.
func ParseRule(subject, limit string) (Rule, error) {
	s, err := parseSubject(strings.TrimSpace(subject))
	if err != nil {
		return Rule{}, err
	}
	l, err := parseLimit(strings.TrimSpace(limit))
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", subject, err)
	}
	return Rule{Subject: s, Limit: l}, nil
}

func parseSubject(text string) (Subject, error) {
	if text == errorRate {
		return Subject{Stat: errorRateStat, Metric: metricname.RequestFailed}, nil
	}
	m := subjectForm.FindStringSubmatch(text)
	if m == nil {
		return Subject{}, fmt.Errorf("rule %q is not understood; %s", text, writeSubject)
	}
	s := Subject{Stat: m[1], Metric: m[2], Tag: m[3], Value: m[4]}
	if tags := runrecord.SplitTags(); s.Tag != "" && !slices.Contains(tags, s.Tag) {
		return Subject{}, fmt.Errorf("rule %q: records do not split metrics by %q%s; use one of %s",
			text, s.Tag, nearest.DidYouMean(s.Tag, tags), strings.Join(tags, ", "))
	}
	if _, ok := s.Quantile(); ok {
		return s, nil
	}
	if slices.Contains(plainStats, s.Stat) {
		return s, nil
	}
	return Subject{}, fmt.Errorf("rule %q: %q is not a statistic; write a percentile such as p95, or one of %s",
		text, s.Stat, strings.Join(plainStats, ", "))
}

// Quantile is the quantile, from 0 to 1, that Stat names.
func (s Subject) Quantile() (float64, bool) {
	if s.Stat == "med" {
		return 0.5, true
	}
	digits, ok := strings.CutPrefix(s.Stat, "p")
	if !ok || !numberForm.MatchString(digits) {
		return 0, false
	}
	percent, err := strconv.ParseFloat(digits, 64)
	return percent / 100, err == nil && percent <= 100
}

// String is the subject as a rule writes it.
func (s Subject) String() string {
	text := s.Stat + " of " + s.Metric
	if s.Tag != "" {
		text += "{" + s.Tag + ":" + s.Value + "}"
	}
	return text
}
