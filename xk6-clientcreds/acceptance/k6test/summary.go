package k6test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Summary is k6's end-of-test summary as --summary-export writes it.
type Summary struct {
	Metrics map[string]map[string]any `json:"metrics"`
}

// Value returns one number of one metric, 0 when the metric has no samples.
func (s Summary) Value(metric, name string) float64 {
	v, _ := s.Metrics[metric][name].(float64)
	return v
}

// Count returns the count of a metric, 0 when the metric has no samples.
func (s Summary) Count(metric string) int { return int(s.Value(metric, "count")) }

// lineLike returns the regular expression for a line of [Result.Shows].
func lineLike(line string) string {
	pattern := regexp.QuoteMeta(line)
	pattern = strings.ReplaceAll(pattern, `\{n\}`, `[0-9,]+`)
	pattern = strings.ReplaceAll(pattern, `\{time\}`, `[0-9,.]+ m?s`)
	return `(?m)^` + strings.ReplaceAll(pattern, `\{x\}`, `[0-9,.]+`) + `$`
}

var notHolding = regexp.MustCompile(`(?m)^ {2}(?:crossed)? +(\S+): .* does not hold`)

// Crossed are the metrics with thresholds that do not hold, as the summary of the scenarios shows.
func (r Result) Crossed() []string {
	var metrics []string
	for _, found := range notHolding.FindAllStringSubmatch(r.Unwrapped(), -1) {
		metrics = append(metrics, found[1])
	}
	return metrics
}

// continued is the beginning of a line of a scenario's summary that goes on with the line before.
var continued = regexp.MustCompile(`\n {13}(\S)`)

// Unwrapped is the output with the lines of the summary as they were before they were broken at 80 columns.
func (r Result) Unwrapped() string { return continued.ReplaceAllString(r.Output, " $1") }

// Shows fails the test unless the output has these lines, in which {n} is a whole number, {x} any
// number, and {time} a time with its unit.
func (r Result) Shows(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		require.Regexp(t, lineLike(line), r.Unwrapped())
	}
}

// TokenRequests returns how many token requests were sent for a reason, as the summary shows.
func (r Result) TokenRequests(reason string) int {
	found := regexp.MustCompile(`(?m)^ {2}tokens .*[(, ]([0-9,]+) ` + reason + `[,)]`).FindStringSubmatch(r.Unwrapped())
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
	return n
}
