package faults

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const documentation = "../../../docs/guides/faults.md"

// documentedMembers are the rows of the table, in their order, with what their third cell says.
func documentedMembers(t *testing.T) (names, defaults []string) {
	t.Helper()
	text, err := os.ReadFile(documentation)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) == 4 && strings.HasPrefix(line, "| `") {
			names = append(names, strings.Trim(cells[0], "| `"))
			defaults = append(defaults, cells[2])
		}
	}
	return names, defaults
}

// knownMembers are the members that are read of documents which, together, have everything.
func knownMembers(t *testing.T) map[string]bool {
	t.Helper()
	known := make(map[string]bool)
	latencies := []string{`{"value": 1}`}
	for _, d := range distributions[1:] {
		latencies = append(latencies, `{"distribution": "`+d+`", "max": 9, "mean": 1, "stddev": 1, "p50": 1, "p99": 2}`)
	}
	for _, l := range latencies {
		object, err := decode([]byte(`{"token": {"latency": ` + l + `, "outages": [{"for": 9}], "errors": [{}], "rate_limit": {},
			"reset": {}, "slow_body": {}, "truncated_body": {}}, "tls": {}, "clock_skew": {}}`))
		require.NoError(t, err)
		r := newReader(object)
		read(r, time.Now(), nil)
		maps.Copy(known, r.shared.known)
	}
	return known
}

// TestDocumentIsDocumented holds that the table of docs/guides/faults.md has the members that there are, and no others.
func TestDocumentIsDocumented(t *testing.T) {
	t.Parallel()
	index := regexp.MustCompile(`\[\d+\]`)
	var code []string
	for name := range knownMembers(t) {
		if name = index.ReplaceAllString(name, ""); !slices.Contains(placeNames[:endpoints], name) {
			code = append(code, strings.Replace(name, "token.", "‹endpoint›.", 1))
		}
	}
	names, _ := documentedMembers(t)
	slices.Sort(code)
	slices.Sort(names)
	require.Equal(t, slices.Compact(code), names)

	text, err := os.ReadFile(documentation)
	require.NoError(t, err)
	for _, d := range slices.Concat(distributions, kindNames[:], placeNames[:]) {
		require.Contains(t, string(text), "`"+d+"`")
	}
}

// TestRequiredMembers holds that what the table calls required is missed where it is not there.
func TestRequiredMembers(t *testing.T) {
	t.Parallel()
	smallest := map[string]string{
		"outages.for": `{"outages": [{}]}`, "rate_limit.per_second": `{"rate_limit": {}}`, "latency.value": `{"latency": {}}`,
		"latency.mean":               `{"latency": {"distribution": "exponential"}}`,
		"latency.stddev":             `{"latency": {"distribution": "normal", "mean": 1}}`,
		"latency.p50":                `{"latency": {"distribution": "lognormal", "p99": 1}}`,
		"latency.p99":                `{"latency": {"distribution": "lognormal", "p50": 1}}`,
		"slow_body.bytes_per_second": `{"slow_body": {}}`,
	}
	names, defaults := documentedMembers(t)
	var required []string
	for n, name := range names {
		if defaults[n] == "required" {
			name = strings.TrimPrefix(name, "‹endpoint›.")
			required = append(required, name)
			member, last, _ := strings.Cut(name, ".")
			require.Regexp(t, `^token\.`+member+`(\[0\])?\.`+last+` is missing; `, Check([]byte(`{"token": `+smallest[name]+`}`)))
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(smallest)), required)
}
