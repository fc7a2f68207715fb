package faults

import (
	"context"
	"math"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLatency holds that a client waits for as long as the document says, no shorter and no longer.
func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := with(t, time.Now, `{"token": {"latency": "250ms"}}`)
		client := inMemory(t, i, Token)
		begin := time.Now()
		got, err := ask(t, client, "http://server/", "the body")
		require.NoError(t, err)
		require.Equal(t, 250*time.Millisecond, time.Since(begin))
		require.Equal(t, answerText, got.body)
		require.Equal(t, "the body", got.header.Get("X-Read"))
		require.Equal(t, map[string]map[string]int64{"latency": {"token": 1}}, i.Counts())
		require.Empty(t, results(i, Token), "the endpoint answered")

		require.NoError(t, i.Put([]byte(`{"api": {"latency": "1m"}}`)))
		begin = time.Now()
		_, err = ask(t, client, "http://server/", "")
		require.NoError(t, err)
		require.Zero(t, time.Since(begin), "that is another endpoint's")
	})
}

// TestImpatientClient holds that a request whose client goes away is over, and counted.
func TestImpatientClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := with(t, time.Now, `{"token": {"latency": "1m"}}`)
		client := inMemory(t, i, Token)
		client.Timeout = time.Second
		begin := time.Now()
		_, err := ask(t, client, "http://server/", "the body")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.Equal(t, time.Second, time.Since(begin))
		require.Equal(t, map[string]int64{"client_closed": 1}, results(i, Token))
	})
}

// quantiles draws many latencies and returns three of their quantiles, and their mean, in milliseconds.
func quantiles(t *testing.T, document string) (p50, p99, most, mean float64) {
	t.Helper()
	i := with(t, time.Now, `{"seed": 7, "token": {"latency": `+document+`}}`)
	l, ok := i.plan.Load().steps[Token][0].step.(*latency)
	require.True(t, ok)
	const draws = 20000
	list := make([]float64, draws)
	for n := range list {
		list[n] = float64(l.draw()) / float64(time.Millisecond)
		mean += list[n] / draws
	}
	slices.Sort(list)
	require.GreaterOrEqual(t, list[0], 0.0)
	return list[draws/2], list[draws*99/100], list[draws-1], mean
}

// TestDistributions holds that the latencies are distributed as the document says. The seed is fixed.
func TestDistributions(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for document, want := range map[string]struct{ p50, p99, most, mean float64 }{
		`"120ms"`: {120, 120, 120, 120},
		`80`:      {80, 80, 80, 80},
		`{"distribution": "constant", "value": "120ms"}`:                                             {120, 120, 120, 120},
		`{"value": 100, "rate": 0.25}`:                                                               {0, 100, 100, 25},
		`{"distribution": "uniform", "min": 100, "max": 300}`:                                        {200, 298, 300, 200},
		`{"distribution": "normal", "mean": 200, "stddev": 20}`:                                      {200, 246.5, nan, 200},
		`{"distribution": "normal", "mean": 200, "stddev": 20, "max": 210}`:                          {200, 210, 210, nan},
		`{"distribution": "lognormal", "p50": 50, "p99": 500}`:                                       {50, 500, nan, 81.6},
		`{"distribution": "exponential", "mean": 100}`:                                               {69.3, 460.5, nan, 100},
		`{"distribution": "percentiles", "p50": 20, "p99": 500, "p100": 1000}`:                       {20, 500, 1000, nan},
		`{"distribution": "percentiles", "p0": 10, "p50": 20, "p90": 30, "p95": 40, "p99": "800ms"}`: {20, 800, 800, nan},
	} {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			p50, p99, most, mean := quantiles(t, document)
			for name, pair := range map[string][2]float64{
				"p50": {want.p50, p50}, "p99": {want.p99, p99}, "most": {want.most, most}, "mean": {want.mean, mean},
			} {
				if !math.IsNaN(pair[0]) {
					require.InDelta(t, pair[0], pair[1], 0.08*pair[0]+1e-9, name)
				}
			}
		})
	}
}

// TestSeed holds that a seed gives the same sequence each time, and another seed another.
func TestSeed(t *testing.T) {
	t.Parallel()
	sequence := func(seed string) (statuses []int) {
		i := with(t, time.Now, `{"seed": `+seed+`, "token": {"errors": [{"rate": 0.5}]}}`)
		h := i.Wrap(Token, endpoint)
		for range 64 {
			statuses = append(statuses, direct(h).status)
		}
		return statuses
	}
	first := sequence("1")
	require.Equal(t, first, sequence("1"))
	require.NotEqual(t, first, sequence("2"))
	require.Contains(t, first, http.StatusOK)
}

// TestClose holds that what waits is answered when the server is to be shut down.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := with(t, time.Now, `{"token": {"latency": "1m"}}`)
		client := inMemory(t, i, Token)
		begin := time.Now()
		time.AfterFunc(time.Second, i.Close)
		got, err := ask(t, client, "http://server/", "")
		require.NoError(t, err)
		require.Equal(t, answerText, got.body)
		require.Equal(t, time.Second, time.Since(begin))
		i.Close()
	})
}

// The end of a latency is not left to a timer, which may be a millisecond late: 5.5ms are not 6ms.
func TestEndOfALatencyIsPrecise(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := New(time.Now, byHeader)
		var rested time.Duration
		i.rest = func(d time.Duration) { rested = d }
		for d, rest := range map[time.Duration]time.Duration{
			5500 * time.Microsecond: time.Millisecond,
			time.Millisecond:        time.Millisecond,
			300 * time.Microsecond:  300 * time.Microsecond,
		} {
			begin := time.Now()
			require.True(t, i.pause(t.Context(), d))
			require.Equal(t, rest, rested, d)
			require.Equal(t, d, time.Since(begin)+rested, d)
		}
	})
	sleepPrecisely(-time.Second)
	begin := time.Now()
	sleepPrecisely(time.Millisecond)
	require.GreaterOrEqual(t, time.Since(begin), time.Millisecond)
}
