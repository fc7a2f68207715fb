package runrecord

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/itchyny/gojq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// TestJQOfTheDocumentation: its programs run on a record, and say what Go says.
func TestJQOfTheDocumentation(t *testing.T) {
	t.Parallel()
	r := example(t)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var record any
	require.NoError(t, json.Unmarshal(text, &record))

	var results []any
	for _, block := range regexp.MustCompile("(?s)```jq\n(.*?)```").FindAllStringSubmatch(testkit.Read(t,
		"docs/reference/record.md"), -1) {
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
	assert.Equal(t, fmt.Sprintf("%q,%s", first.Time().Format("2006-01-02T15:04:05Z"),
		strconv.FormatFloat(first.Values.Count(), 'f', -1, 64)), results[4])
	assert.Equal(t, []any{float64(testStart.Unix()), 3.0}, results[5])
}
