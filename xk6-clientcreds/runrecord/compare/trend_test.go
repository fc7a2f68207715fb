package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const p50Rule = "p50 of clientcreds_request_duration"

// history are runs of versions, as slow as that, one minute after the other.
func history(milliseconds ...float64) []*runrecord.Record {
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	list := make([]*runrecord.Record, len(milliseconds))
	for i, ms := range milliseconds {
		list[i] = run(ms*(1+0.01*float64(i%3)), 0, func(r *runrecord.Record) {
			r.Run.Start, r.Run.End = begin.Add(time.Duration(i)*time.Hour), begin.Add(time.Duration(i)*time.Hour+10*time.Second)
			r.Run.Tags = map[string]string{VersionTag: fmt.Sprintf("1.%d", i)}
		})
	}
	return list
}

func trendText(t *testing.T, trend *Trend) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, trend.WriteText(&out))
	return out.String()
}

func TestTrend(t *testing.T) {
	records := history(20, 20, 20, 20, 20, 20, 24, 24, 24, 24, 24, 24)
	records[0], records[11] = records[11], records[0] // the order of time counts
	trend, err := TrendOf(records, rules(t, p50Rule, "+10%", "error rate", "+0"))
	require.NoError(t, err)
	text := trendText(t, trend)
	assert.Contains(t, text, "trend of 12 runs, 2026-03-01 to 2026-03-01\n")
	assert.Regexp(t, `p50 of clientcreds_request_duration changed at 1\.6: 20\.\d ms to 24\.\d+ ms is \+\d+\.\d%; allowed is \+10% \(p=0\.00\d\)`, text)
	assert.NotContains(t, text, "note:")
	require.Len(t, trend.Lines[0].Levels, 2)
	assert.True(t, trend.Lines[0].Levels[1].Worse)
	assert.Len(t, trend.Lines[1].Levels, 1, "nothing failed at any time")

	var markdown, object bytes.Buffer
	require.NoError(t, trend.WriteMarkdown(&markdown))
	assert.Contains(t, markdown.String(), "### Load test: trend of 12 runs")
	assert.Contains(t, markdown.String(), `| p50 of clientcreds\_request\_duration | 12 | `)
	assert.Contains(t, markdown.String(), "▁")
	require.NoError(t, trend.WriteJSON(&object))
	var read struct {
		Trend struct {
			Runs  []struct{ Version string }
			Rules []struct {
				Values []float64
				Levels []struct {
					From, To int
					Worse    bool
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(object.Bytes(), &read))
	assert.Equal(t, "1.6", read.Trend.Runs[read.Trend.Rules[0].Levels[1].From].Version)
	assert.Len(t, read.Trend.Rules[0].Values, 12)
}

// A change that the limit allows is a change point as well, and not worse. Neither is a faster version.
func TestTrendOfChangesThatAreAllowed(t *testing.T) {
	for _, later := range []float64{21.4, 15} {
		trend, err := TrendOf(history(20, 20, 20, 20, 20, 20, later, later, later, later, later, later), rules(t, p50Rule, "+10%"))
		require.NoError(t, err)
		require.Len(t, trend.Lines[0].Levels, 2)
		assert.Equal(t, 6, trend.Lines[0].Levels[1].From)
		assert.False(t, trend.Lines[0].Levels[1].Worse)
	}
}

// Runs that do not count are named, and not compared.
func TestTrendLeavesOut(t *testing.T) {
	records := history(20, 20, 90, 20, 90, 20, 20, 20, 20, 90)
	records[2].Validity = validity.Validity{Verdict: validity.Invalid, Reasons: []validity.Reason{{Text: "k6 was late"}}}
	records[9].Validity = records[2].Validity // also the latest one
	records[4].Run.Scenarios[0].Config = map[string]any{"vus": 20}
	records[5].Run.Tags, records[5].Run.Commit = nil, ""
	records[6].Run.Tags = nil
	trend, err := TrendOf(records, rules(t, p50Rule, "+10%"))
	require.NoError(t, err)
	text := trendText(t, trend)
	assert.Contains(t, text, "trend of 10 runs, 2026-03-01 to 2026-03-01; 7 of them count\n")
	assert.Contains(t, text, "run of 1.2 is left out: it is INVALID")
	assert.Contains(t, text, "run of 1.4 is left out: its script or its load is not the one of the latest run")
	assert.Contains(t, text, "note: 1 of 10 runs have neither a version nor a commit")
	assert.Contains(t, text, "note: 7 runs are too few to find changes")
	assert.NotContains(t, text, "no rule has a change point")
	assert.Equal(t, "2026-03-01 05:00:00", trend.Runs[5].Label)
	assert.Equal(t, longCommit[:12], trend.Runs[6].Label)
	assert.Equal(t, 7, trend.Usable())
}

func TestTrendErrors(t *testing.T) {
	_, err := TrendOf(history(20, 20), rules(t, "p50 of clientcreds_request_duratoin", "+10%"))
	require.ErrorContains(t, err, `did you mean "clientcreds_request_duration"?`)
	paired := pairedRun{seconds: 20, latency: constant(20, 20)}.record()
	_, err = TrendOf(append(history(20), paired), rules(t, p50Rule, "+10%"))
	require.ErrorContains(t, err, "is of a run that loads two versions at once; a trend needs runs of one version each")
}

// No limit of GitHub's is exceeded, and no name of a version is markup.
func TestTrendMarkdownIsBounded(t *testing.T) {
	records := history(20, 20, 20)
	records[0].Run.Tags[VersionTag] = "<b>|" + strings.Repeat("x", 100_000)
	records[0].Validity.Verdict = validity.Invalid
	var many []Rule
	for range 2000 {
		many = append(many, rules(t, p50Rule, "+10%")...)
	}
	trend, err := TrendOf(records, many)
	require.NoError(t, err)
	var markdown bytes.Buffer
	require.NoError(t, trend.WriteMarkdown(&markdown))
	assert.Less(t, markdown.Len(), maxMarkdown)
	assert.NotContains(t, markdown.String(), "<b>")
	assert.Contains(t, markdown.String(), "more rules, which do not fit into a comment")
}
