package jsmodule

import (
	"sync/atomic"

	"github.com/grafana/sobek"
)

// counters are what client.stats() shows: this VU's, since it started. The atomic ones are
// counted where requests are sent, on any goroutine.
type counters struct {
	hits, misses, rejections                    int64
	requests, failed, retries, expiredTokenUses atomic.Int64
	nonceRetries                                atomic.Int64
}

// stats is client.stats().
func (c *client) stats(sobek.FunctionCall) sobek.Value {
	obj, total := c.m.vu.Runtime().NewObject(), &c.usage.total
	mustSet(obj, "hits", total.hits+c.usage.hits)
	mustSet(obj, "misses", total.misses+c.usage.misses)
	mustSet(obj, "requests", total.requests.Load())
	mustSet(obj, "failed", total.failed.Load())
	mustSet(obj, "retries", total.retries.Load())
	mustSet(obj, "nonceRetries", total.nonceRetries.Load())
	mustSet(obj, "rejections", total.rejections)
	mustSet(obj, "expiredTokenUses", total.expiredTokenUses.Load())
	return obj
}
