package tagcache

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"go.k6.io/k6/v2/metrics"
)

// counting returns a cache whose values are the numbers of what was resolved before them.
func counting() (c *Cache[int], resolved *int) {
	resolved = new(int)
	return New(func(metrics.TimeSeries) int { *resolved++; return *resolved }), resolved
}

func TestTimeSeriesAreResolvedOnce(t *testing.T) {
	t.Parallel()
	registry := metrics.NewRegistry()
	reqs, duration := registry.MustNewMetric("reqs", metrics.Counter), registry.MustNewMetric("duration", metrics.Trend)
	a, b := registry.RootTagSet().With("name", "a"), registry.RootTagSet().With("name", "b")
	c, resolved := counting()
	all := []metrics.TimeSeries{
		{Metric: reqs, Tags: a},
		{Metric: duration, Tags: a},
		{Metric: reqs, Tags: b},
		{Metric: duration, Tags: b},
	}
	for range 3 {
		for i, ts := range all {
			assert.Equal(t, i+1, *c.Get(ts))
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		assert.Equal(t, i+1, *c.Get(all[i]), "in another order")
	}
	assert.Equal(t, len(all), *resolved)
	assert.Equal(t, len(all), c.Len())
}

// TestCacheIsBounded: a tag with a new value in every sample does not let it grow, and values stay right.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	registry := metrics.NewRegistry()
	reqs, root := registry.MustNewMetric("reqs", metrics.Counter), registry.RootTagSet()
	c, resolved := counting()
	most := 0
	for i := range Max + 10 {
		c.Get(metrics.TimeSeries{Metric: reqs, Tags: root.With("url", strconv.Itoa(i))})
		most = max(most, len(c.byTags))
	}
	assert.Equal(t, Max, most)
	assert.Equal(t, 10, c.Len())
	assert.Len(t, c.byTags, 10)
	last := *resolved
	assert.Equal(t, last, *c.Get(metrics.TimeSeries{Metric: reqs, Tags: root.With("url", strconv.Itoa(Max+9))}))
	assert.Equal(t, last+1, *c.Get(metrics.TimeSeries{Metric: reqs, Tags: root.With("url", "0")}), "was forgotten")
}
