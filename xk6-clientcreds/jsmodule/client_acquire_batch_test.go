package jsmodule

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/lib"
)

func TestAcquireBatchReturnsEveryResult(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return n == 4 && oauthError(w, http.StatusTooManyRequests, "slow_down", "")
	}
	v := oneVU(t, e, "")
	v.mustRun(`globalThis.all = client.acquireBatch(9)`)
	assert.Equal(t, []any{true, int64(9)}, v.mustRun(`[Array.isArray(all), all.length]`))
	assert.Equal(t, []any{"slow_down"}, v.mustRun(`all.filter((r) => !r.ok).map((r) => r.error)`))
	tokens, _ := v.mustRun(`all.filter((r) => r.ok).map((r) => r.accessToken)`).([]any)
	assert.Len(t, tokens, 8)
	slices.SortFunc(tokens, func(a, b any) int {
		return map[bool]int{true: -1, false: 1}[a.(string) < b.(string)]
	})
	assert.Len(t, slices.Compact(tokens), 8, "each request has a token of its own")
	assert.Equal(t, 9, e.count())
	assert.Equal(t, tokenNumber(10), v.mustRun(`client.token()`), "the cache is left alone")
	samples := v.sampled()
	assert.Equal(t, 10.0, sum(samples["clientcreds_requests"]))
	assert.Equal(t, 1.0, sum(samples["clientcreds_request_failed"]))
	assert.Equal(t, append(slices.Repeat([]string{"acquire"}, 9), "cold"),
		tagsOf(samples["clientcreds_requests"], "reason"))
}

// TestAcquireBatchSendsAtTheSameTime: the server answers none of the requests before as many as allowed have come.
func TestAcquireBatchSendsAtTheSameTime(t *testing.T) {
	t.Parallel()
	const atATime = 4
	var (
		mu              sync.Mutex
		underWay, most  int
		come, answering = make(chan struct{}, 100), make(chan struct{})
	)
	go func() {
		for range atATime {
			<-come
		}
		close(answering)
	}()
	note := func(change int) {
		mu.Lock()
		defer mu.Unlock()
		underWay += change
		most = max(most, underWay)
	}
	e := newEndpoint(t)
	e.URL = serve(t, func(w http.ResponseWriter, r *http.Request) {
		note(1)
		defer note(-1)
		come <- struct{}{}
		<-answering
		e.serve(w, r)
	})
	v := oneVU(t, e, "")
	v.state.Options.BatchPerHost = null.IntFrom(atATime)
	assert.Equal(t, int64(12), v.mustRun(`client.acquireBatch(12).filter((r) => r.ok).length`))
	assert.Equal(t, atATime, most)
}

func TestOptionsOfK6LimitABatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		batch, perHost null.Int
		n, atATime     int
	}{
		{null.IntFrom(20), null.IntFrom(6), 100, 6},
		{null.IntFrom(5), null.IntFrom(6), 100, 5},
		{null.IntFrom(20), null.IntFrom(6), 3, 3},
		{null.IntFrom(20), null.IntFrom(0), 100, 20},
		{null.IntFrom(0), null.IntFrom(0), 100, 100},
		{null.Int{}, null.Int{}, 7, 7},
	} {
		assert.Equal(t, c.atATime, atATime(&lib.Options{Batch: c.batch, BatchPerHost: c.perHost}, c.n), "%+v", c)
	}
}

func TestSizeOfABatch(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	for argument, is := range map[string]string{
		"": "undefined", "0": "0", "-1": "-1", "10001": "10001", "1.5": "1.5", "NaN": "NaN", "'3'": "a string", "null": "null",
		"[1]": "an array",
	} {
		_, err := v.run(`client.acquireBatch(` + argument + `)`)
		require.ErrorContains(t, err, "TypeError: client.acquireBatch(n): n is "+is+
			"; it must be a whole number from 1 to 10000", argument)
	}
	assert.Zero(t, e.count())
	assert.Equal(t, int64(1), v.mustRun(`client.acquireBatch(1).length`))
}

// TestAcquireBatchOfAnEndedIteration: what is left of it is not sent.
func TestAcquireBatchOfAnEndedIteration(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	ctx, cancel := context.WithCancel(t.Context())
	v.rt.VU.CtxField = ctx
	e.refuse = func(n int, _ http.ResponseWriter) bool {
		if n == 1 {
			cancel()
		}
		return false
	}
	v.state.Options.BatchPerHost = null.IntFrom(1)
	v.mustRun(`globalThis.all = client.acquireBatch(50)`)
	assert.Equal(t, 1, e.count())
	assert.Equal(t, int64(50), v.mustRun(`all.length`))
}
