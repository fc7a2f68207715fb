package jsmodule

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
)

// epoch is the origin of times on the hot path: comparing two monotonic distances from it costs less
// than comparing two time.Time values.
var epoch = time.Now()

func sinceEpoch() time.Duration { return time.Since(epoch) }

// sampleEvery is how often, at most, one client of one VU sends its cache counters. A sample per
// hit would cost more than the hit.
const sampleEvery = time.Second

// usage counts what one client of one VU took from the cache. Samples are sent at the first use
// in an iteration, so at most once per iteration, and at the end of the test. Only the VU's
// goroutine touches it, and after the test the goroutine that ends it.
type usage struct {
	// A hit touches these.
	samples   chan<- metrics.SampleContainer // nil before the first use
	iteration int64
	hits      int64
	lastUse   time.Duration // since epoch
	expires   time.Duration // of the token last used, since epoch

	misses   int64
	client   *client       // of which this is the usage
	released bool          // the end of the test does not concern it
	flushed  time.Duration // since epoch
	base     *metrics.TagSet
	tags     metrics.TagsAndMeta

	total counters
}

// begin notes that the VU uses the client in the iteration that state is in.
func (u *usage) begin(state *lib.State, now time.Duration) {
	if state.Iteration == u.iteration && u.samples != nil {
		return
	}
	u.iteration = state.Iteration
	current := state.Tags.GetCurrentValues()
	if current.Tags == u.base && now-u.flushed < sampleEvery {
		return
	}
	u.flush()
	if u.released {
		u.client.m.process.flushAtEnd(u.client)
		u.released = false
	}
	// The same tags as last time need not be made again: with many VUs that is most of a flush.
	if current.Tags != u.base || len(current.Metadata) > 0 || len(u.tags.Metadata) > 0 {
		u.base, u.tags = current.Tags, clientTags(u.client.opts, current)
	}
	u.samples, u.flushed = state.Samples, now
}

func (u *usage) hit(now, expires time.Duration) {
	u.hits++
	u.lastUse, u.expires = now, expires
}

func (u *usage) miss(now, expires time.Duration) {
	u.misses++
	u.lastUse, u.expires = now, expires
}

// flush sends what was counted since the last time.
func (u *usage) flush() {
	if u.hits == 0 && u.misses == 0 {
		return
	}
	at := epoch.Add(u.lastUse)
	list := make([]metrics.Sample, 0, 3)
	add := func(m *metrics.Metric, value float64) {
		list = append(list, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: u.tags.Tags},
			Time:       at, Value: value, Metadata: u.tags.Metadata,
		})
	}
	if u.hits > 0 {
		add(u.client.m.process.metrics.CacheHits, float64(u.hits))
	}
	if u.misses > 0 {
		add(u.client.m.process.metrics.CacheMisses, float64(u.misses))
	}
	add(u.client.m.process.metrics.TokenRemaining, metrics.D(u.expires-u.lastUse))
	push(u.samples, list, u.tags.Tags, at)
	u.total.hits += u.hits
	u.total.misses += u.misses
	u.hits, u.misses = 0, 0
}

// release sends what is left to be sent. Should the script use the client again, begin has it sent at
// the end of the test.
func (u *usage) release() {
	u.flush()
	u.client.m.process.flushed(u.client)
	u.released, u.samples, u.base = true, nil, nil
}

// expiredTokenUse returns a function that counts the use of an expired token. It may be called on any
// goroutine.
func (u *usage) expiredTokenUse(state *lib.State) func() {
	return func() {
		u.total.expiredTokenUses.Add(1)
		pushOne(state.Samples, u.client.m.process.metrics.ExpiredTokenUses, 1, currentTags(u.client.opts, state))
		u.client.m.process.warnOnce(warning{"expired token use", u.client.opts.subject()},
			fmt.Sprintf("A request was sent with a token of client %q that had expired while the request waited to be sent; "+
				"this run is not valid. Give the token more time with cache.leeway, or look for what delays requests: the rps "+
				"option, a lack of CPU",
				u.client.opts.ClientID))
	}
}

// pushOne hands k6 one sample, taken now.
func pushOne(to chan<- metrics.SampleContainer, m *metrics.Metric, value float64, tags metrics.TagsAndMeta) {
	at := time.Now()
	push(to, []metrics.Sample{{
		TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags.Tags}, Time: at, Value: value, Metadata: tags.Metadata,
	}}, tags.Tags, at)
}

// push hands samples to k6. It is not bound to an iteration: what happened is counted even when
// the iteration was interrupted meanwhile. The channel has a reader until the test has ended and
// every flight with it.
func push(to chan<- metrics.SampleContainer, list []metrics.Sample, tags *metrics.TagSet, at time.Time) {
	metrics.PushIfNotDone(context.Background(), to, metrics.ConnectedSamples{Samples: list, Tags: tags, Time: at})
}

// counters are the numbers of client.stats(): this VU's, since it started. The atomic ones are
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
