package jsmodule

import (
	"sync"
	"sync/atomic"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// maxBatch bounds what one call keeps in memory.
const maxBatch = 10_000

// acquireBatch is client.acquireBatch(n): acquire() n times at once, as http.batch sends requests.
func (c *client) acquireBatch(call sobek.FunctionCall) sobek.Value {
	state := c.m.vu.State()
	if state == nil {
		return c.fail(errInitContext)
	}
	rt := c.m.vu.Runtime()
	n := batchSize(rt, call.Argument(0))
	ctx, s := c.m.vu.Context(), c.senderFor(state)
	acquired := make([]*acquisition, n)
	var (
		next    atomic.Int64
		workers sync.WaitGroup
	)
	for range atATime(&state.Options, n) {
		workers.Go(func() {
			growStack(0)
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				acquired[i] = c.request(ctx, s)
			}
		})
	}
	workers.Wait()
	results := make([]any, n)
	for i, a := range acquired {
		if a.err != nil && guarded(a.err) {
			return c.fail(a.err)
		}
		results[i] = c.acquisition(a)
	}
	return rt.NewArray(results...)
}

// requestStack is more than a token request needs of a stack, in bytes.
const requestStack = 12 << 10

// growStack makes room for a token request at once. A new goroutine has a small stack, which otherwise grows several
// times below net/http, where each time many frames move: that took an eighth of the CPU time of a batch.
//
//go:noinline
func growStack(i int) byte {
	var room [requestStack]byte
	return room[i] // an index that the compiler does not know, or there would be no array
}

func batchSize(rt *sobek.Runtime, v sobek.Value) int {
	exported := v.Export()
	n, whole := exported.(int64)
	if whole && n >= 1 && n <= maxBatch {
		return int(n)
	}
	is := jsoption.Describe(v)
	if _, isFloat := exported.(float64); whole || isFloat {
		is = v.String()
	}
	panic(rt.NewTypeError("client.acquireBatch(n): n is %s; it must be a whole number from 1 to %d", is, maxBatch))
}

// atATime returns how many of n requests to one host k6's options allow at a time; 0 sets no limit.
func atATime(o *lib.Options, n int) int {
	for _, limit := range []int64{o.Batch.Int64, o.BatchPerHost.Int64} {
		if limit > 0 {
			n = min(n, int(limit))
		}
	}
	return n
}
