package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// counted is a group of one run of 10 s with these counts of samples, each of value 1.
func counted(t *testing.T, counts map[string]int) *group {
	t.Helper()
	b := runrecord.NewBuilder()
	for name, n := range counts {
		for range n {
			b.Cell(name, runrecord.Counter, "default", func(string) string { return "" }).Observe(1, testStart)
		}
	}
	r := &runrecord.Record{Format: runrecord.Format, Version: runrecord.Version}
	r.Run.Start, r.Run.End = testStart, testStart.Add(10*time.Second)
	r.Instances = []runrecord.Instance{{Start: r.Run.Start, End: r.Run.End}}
	b.Fill(r, &r.Instances[0])
	g, err := newGroup("", []*runrecord.Record{r})
	require.NoError(t, err)
	return g
}

func TestTilesOfTheCache(t *testing.T) {
	t.Parallel()
	for want, counts := range map[string]map[string]int{
		"75%":  {metricname.CacheHits: 3, metricname.CacheMisses: 1},
		"0%":   {metricname.CacheMisses: 1},
		"100%": {metricname.CacheHits: 1},
	} {
		assert.Equal(t, []tile{{Value: want, Name: "cache hits"}}, tiles(counted(t, counts)))
	}
	assert.Empty(t, tiles(counted(t, nil)))
}

func TestTilesOfFailures(t *testing.T) {
	t.Parallel()
	marks := func(failing bool) map[string]string {
		g, err := newGroup("", []*runrecord.Record{load{seconds: 10, slower: 1, failing: failing}.record()})
		require.NoError(t, err)
		found := make(map[string]string)
		for _, one := range tiles(g) {
			found[one.Name] = one.Mark
		}
		return found
	}
	assert.Equal(t, bad, marks(true)["token requests failed"])
	assert.Contains(t, marks(false), "token requests failed")
	assert.Empty(t, marks(false)["token requests failed"], "no failure is nothing bad")
	assert.Empty(t, marks(true)["API requests failed"])
}

// Requests without an answer have no latency.
func TestTilesWithoutLatency(t *testing.T) {
	t.Parallel()
	list := tiles(counted(t, map[string]int{metricname.Requests: 20}))
	require.Len(t, list, 2)
	assert.Equal(t, tile{Value: "2/s", Name: "token requests, 20 in total"}, list[0])
	assert.Equal(t, "token requests failed", list[1].Name)
	list = tiles(counted(t, map[string]int{metricname.Requests: 20, metricname.Retries: 1, metricname.HTTPReqs: 10}))
	assert.Equal(t, tile{Value: "2/s", Name: "token requests, 20 in total with retries"}, list[0])
	assert.Equal(t, tile{Value: "1/s", Name: "API requests, 10 in total"}, list[2])
}

func TestManyServersAndVersionsAreCounted(t *testing.T) {
	t.Parallel()
	g := counted(t, nil)
	targets := &g.record.Run.Targets
	assert.Equal(t, "2026-01-02 03:04:05 UTC", loadedBy(g))
	targets.APIs = []string{"http://a", "http://b", "http://c"}
	assert.Equal(t, "API http://a, http://b, http://c; 2026-01-02 03:04:05 UTC", loadedBy(g))
	targets.APIs = append(targets.APIs, "http://d")
	assert.Equal(t, "API at 4 servers; 2026-01-02 03:04:05 UTC", loadedBy(g))

	var runs []*runrecord.Record
	for _, commit := range []string{"aaaaaaaaaaaaa", "bbbbbbbbbbbbb", "ccccccccccccc", "ddddddddddddd"} {
		r := new(runrecord.Record)
		r.Run.Commit = commit
		runs = append(runs, r)
	}
	assert.Equal(t, "aaaaaaaaaaaa, bbbbbbbbbbbb, cccccccccccc", versionsOf(runs[:3]))
	assert.Equal(t, "aaaaaaaaaaaa to dddddddddddd (4 versions)", versionsOf(runs))
}
