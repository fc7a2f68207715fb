// Package tagcache remembers for time series what their tags lead to, because resolving the tags of each sample costs
// more than the rest of an output does.
package tagcache

import "go.k6.io/k6/v2/metrics"

// Max bounds the time series in a cache. Tags that make no difference, such as unique URLs, would let it grow forever.
const Max = 100_000

// Cache holds a value for each time series. It is not safe for concurrent use.
type Cache[V any] struct {
	resolve  func(metrics.TimeSeries) V
	byTags   map[*metrics.TagSet][]entry[V]
	size     int // entries in byTags
	lastTags *metrics.TagSet
	last     []entry[V] // the entries of lastTags: the samples of one request have the same tags
}

type entry[V any] struct {
	metric *metrics.Metric
	value  V
}

// New returns a cache of what resolve returns.
func New[V any](resolve func(metrics.TimeSeries) V) *Cache[V] {
	return &Cache[V]{resolve: resolve, byTags: make(map[*metrics.TagSet][]entry[V])}
}

// Get returns the value of ts, which is resolved if the cache does not hold it. The pointer is valid until the next
// call.
func (c *Cache[V]) Get(ts metrics.TimeSeries) *V {
	if ts.Tags != c.lastTags || c.last == nil {
		c.lastTags, c.last = ts.Tags, c.byTags[ts.Tags]
	}
	for i := range c.last {
		if c.last[i].metric == ts.Metric {
			return &c.last[i].value
		}
	}
	if c.size >= Max {
		clear(c.byTags)
		c.size, c.last = 0, nil
	}
	c.last = append(c.last, entry[V]{ts.Metric, c.resolve(ts)})
	c.byTags[ts.Tags] = c.last
	c.size++
	return &c.last[len(c.last)-1].value
}

// Len returns the number of time series in the cache.
func (c *Cache[V]) Len() int { return c.size }
