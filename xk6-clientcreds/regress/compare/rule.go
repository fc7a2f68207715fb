package compare

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Rule is what a change of one statistic may be.
type Rule struct {
	// Subject is what is watched.
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

// Limit is how far a statistic may move, and in which direction.
type Limit struct {
	// Amount is the most that it may change: up when positive, down when negative, and of a Zero
	// limit not at all. A share where Relative, otherwise in the metric's own unit, which is
	// milliseconds for times.
	Amount   float64
	Relative bool
	// Down is the direction that is bad: a throughput must not fall.
	Down bool
}

// Rules have one short form: the share of failed token requests.
const (
	errorRate       = "error rate"
	errorRateStat   = "rate"
	errorRateMetric = "clientcreds_request_failed"
)

const (
	wantSubject = `want "error rate", or a statistic of a metric, such as "p95 of clientcreds_request_duration" or "rate of http_reqs{scenario:api}"`
	wantLimit   = `want the most it may change, such as "+10%", "-5%", "+20ms" or "+0"`
)

var (
	subjectForm = regexp.MustCompile(`^(\S+) of ([A-Za-z_][A-Za-z0-9_]*)(?:\{([A-Za-z_][A-Za-z0-9_]*): ?([^{}]*)\})?$`)
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
		return Subject{Stat: errorRateStat, Metric: errorRateMetric}, nil
	}
	m := subjectForm.FindStringSubmatch(text)
	if m == nil {
		return Subject{}, fmt.Errorf("rule %q is not understood; %s", text, wantSubject)
	}
	s := Subject{Stat: m[1], Metric: m[2], Tag: m[3], Value: m[4]}
	if _, ok := s.Quantile(); ok {
		return s, nil
	}
	for _, known := range plainStats {
		if s.Stat == known {
			return s, nil
		}
	}
	return Subject{}, fmt.Errorf("rule %q: %q is no statistic; want a percentile such as p95, or %s",
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

func parseLimit(text string) (Limit, error) {
	bad := func() (Limit, error) { return Limit{}, fmt.Errorf("%q is not a limit; %s", text, wantLimit) }
	if text == "" || (text[0] != '+' && text[0] != '-') {
		return bad()
	}
	l := Limit{Down: text[0] == '-'}
	amount := text[1:]
	switch percent, ok := strings.CutSuffix(amount, "%"); {
	case ok && numberForm.MatchString(percent):
		n, _ := strconv.ParseFloat(percent, 64) // the form has been checked
		l.Amount, l.Relative = n/100, true
	case numberForm.MatchString(amount):
		l.Amount, _ = strconv.ParseFloat(amount, 64)
	default:
		d, err := time.ParseDuration(amount)
		if err != nil || d < 0 {
			return bad()
		}
		l.Amount = float64(d) / float64(time.Millisecond)
	}
	if l.Down {
		l.Amount = -l.Amount
	}
	if l.Relative && l.Amount < -1 {
		return Limit{}, fmt.Errorf("%q is not a limit; nothing falls by more than 100%%", text)
	}
	return l, nil
}

// Zero says that nothing may get worse at all.
func (l Limit) Zero() bool { return l.Amount == 0 }

// exceeded reports whether a change from base to head is beyond the limit.
func (l Limit) exceeded(base, head float64) bool {
	change := head - base
	limit := l.Amount
	if l.Relative {
		limit *= math.Abs(base)
	}
	if l.Down {
		return change < limit
	}
	return change > limit
}

// String is the limit as a rule writes it; for times that were given with a unit, in milliseconds.
func (l Limit) String() string {
	sign := "+"
	if l.Down {
		sign = "-"
	}
	amount := math.Abs(l.Amount)
	if l.Relative {
		return sign + strconv.FormatFloat(amount*100, 'g', 10, 64) + "%"
	}
	return sign + strconv.FormatFloat(amount, 'g', 10, 64)
}
