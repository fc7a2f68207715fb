package regress

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func docs(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name) // #nosec G304 -- a file of this project
	require.NoError(t, err)
	return string(text)
}

// TestRulesAreDocumented: with their limits, and with what to do about them.
func TestRulesAreDocumented(t *testing.T) {
	t.Parallel()
	var code, advised []string
	for _, r := range rules() {
		code = append(code, fmt.Sprintf("| %#q | %s |", r.name, strconv.FormatFloat(r.limit, 'f', -1, 64)))
		advised = append(advised, r.name)
	}
	assert.Equal(t, code, regexp.MustCompile("(?m)^\\| `[a-z_]+` \\| [0-9.]+ \\|").FindAllString(docs(t, "guides/validity.md"), -1))

	var documented []string
	rows := regexp.MustCompile("(?m)^\\| `INVALID: ([^`]+)` \\| `([a-z_]+)` \\|").FindAllStringSubmatch(docs(t, "guides/troubleshooting.md"), -1)
	texts := make(map[string]string)
	for _, f := range broken() {
		for _, reason := range Judge(f, nil).Reasons {
			texts[reason.Rule] = reason.Text
		}
	}
	for _, row := range rows {
		documented = append(documented, row[2])
		assert.Regexp(t, strings.ReplaceAll(regexp.QuoteMeta(row[1]), "…", ".+"), texts[row[2]], row[2])
	}
	assert.Equal(t, advised, documented)
}

// TestJQOfTheDocumentation: its programs run on a record, and say what Go says.
func TestJQOfTheDocumentation(t *testing.T) {
	t.Parallel()
	r := example(t)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var record any
	require.NoError(t, json.Unmarshal(text, &record))

	var results []any
	for _, block := range regexp.MustCompile("(?s)```jq\n(.*?)```").FindAllStringSubmatch(docs(t, "reference/record.md"), -1) {
		query, err := gojq.Parse(block[1])
		require.NoError(t, err, block[1])
		got := query.Run(record)
		first, ok := got.Next()
		require.True(t, ok, "nothing: %s", block[1])
		for v, ok := first, true; ok; v, ok = got.Next() {
			err, failed := v.(error)
			require.False(t, failed, "%v: %s", err, block[1])
		}
		results = append(results, first)
	}
	requests := r.Metric("clientcreds_requests")
	require.Len(t, results, 6)
	assert.Equal(t, string(r.Validity.Verdict), results[0])
	assert.Equal(t, map[string]any{
		"cold": requests.Split("reason", "cold").Count(), "early": requests.Split("reason", "early").Count(),
	}, results[1])
	assert.InDelta(t, r.Metric("http_req_failed").Rate(), results[2], 1e-12)
	assert.InEpsilon(t, r.Metric("http_req_duration").Quantile(0.95), results[3], 1e-9)
	first := r.Series["clientcreds_requests"].Points[0]
	assert.Equal(t, fmt.Sprintf("%q,%s", first.Time().Format("2006-01-02T15:04:05Z"), strconv.FormatFloat(first.Values.Count(), 'f', -1, 64)), results[4])
	assert.Equal(t, []any{float64(testStart.Unix()), 3.0}, results[5])
}
