package jsmodule

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
)

func granting(int, *http.Request) (int, string) { return 200, distantToken }

// The remaining lifetime, and the time of use, belong to the last use before the sample.
func TestCacheSamplesAreOfTheLastUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDistant(granting) // tokens of an hour
		v := d.vu(t, New(), "")
		v.mustRun(`client.token()`)
		time.Sleep(10 * time.Minute)
		v.mustRun(`client.token()`)
		used := time.Now()
		time.Sleep(10 * time.Minute)
		v.newIteration()
		v.mustRun(`client.token()`)
		samples := v.collected()
		require.Len(t, samples["clientcreds_token_remaining"], 1)
		assert.InDelta(t, (50*time.Minute - distance).Milliseconds(), samples["clientcreds_token_remaining"][0].Value, 0.001)
		assert.Equal(t, 1.0, sum(samples["clientcreds_cache_hits"]))
		for _, name := range []string{"clientcreds_token_remaining", "clientcreds_cache_hits", "clientcreds_cache_misses"} {
			assert.WithinDuration(t, used, samples[name][0].Time, 0, name)
		}
		assert.InDelta(t, (40*time.Minute - distance).Milliseconds(), v.sampled()["clientcreds_token_remaining"][1].Value,
			0.001)
	})
}

// Counters are sent once a second at most, however short iterations are.
func TestCacheSamplesAreASecondApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newDistant(granting).vu(t, New(), "")
		begin := time.Now()
		v.mustRun(`client.token()`)
		for at, want := range []int{0, 0, 1, 1, 2, 2} { // samples, every half second
			time.Sleep(time.Until(begin.Add(time.Duration(at) * sampleEvery / 2)))
			v.newIteration()
			v.mustRun(`client.token()`)
			assert.Len(t, v.collected()["clientcreds_token_remaining"], want, at)
		}
	})
}

// Counters are sent when an iteration begins, however long it lasts, and with the metadata of their own.
func TestCacheSamplesHaveTheirMetadata(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newDistant(granting).vu(t, New(), "")
		for _, trace := range []string{"one", "two", "", ""} {
			v.newIteration()
			v.state.Tags.Modify(func(tags *metrics.TagsAndMeta) {
				tags.DeleteMetadata("trace")
				if trace != "" {
					tags.SetMetadata("trace", trace)
				}
			})
			v.mustRun(`client.token()`)
			time.Sleep(2 * sampleEvery)
			v.mustRun(`client.token()`)
		}
		var traces []string
		for _, s := range v.sampled()["clientcreds_cache_hits"] {
			traces = append(traces, s.Metadata["trace"])
		}
		assert.Equal(t, []string{"one", "two", "", ""}, traces, "one sample for each iteration")
	})
}

// Without the option retry a token request is repeated twice.
func TestTokenIsRetriedByDefault(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]any{1: tokenNumber(1), 2: tokenNumber(1), 3: "temporarily_unavailable"} {
		synctest.Test(t, func(t *testing.T) {
			d := newDistant(func(n int, _ *http.Request) (int, string) {
				if n <= failures {
					return 503, `{"error":"temporarily_unavailable"}`
				}
				return 200, distantToken
			})
			v := d.vu(t, New(), "")
			assert.Equal(t, want, v.mustRun(tolerant))
			assert.Len(t, d.asked(), min(failures+1, 3))
			assert.Less(t, time.Since(d.begin), time.Second, "the waits are short")
		})
	}
}
