package jsmodule

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// The clock of a server is sampled when it says something new, and so at most once a second.
func TestClockSkewIsSampled(t *testing.T) {
	t.Parallel()
	dates := []string{"", "", "+1h", "+1h", "-1h", "none"}
	n := 0
	now := time.Now().Truncate(time.Second)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		switch date := dates[n]; date {
		case "none":
			w.Header()["Date"] = nil
		default:
			ahead, _ := time.ParseDuration(date)
			w.Header().Set("Date", now.Add(ahead).UTC().Format(http.TimeFormat))
		}
		n++
		w.Header().Set("Content-Type", "application/json")
		if n == 3 {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = fmt.Fprintf(w, `{"access_token":"at-%d","error":%q}`, n, map[bool]string{true: "invalid_request"}[n == 3])
	})
	v := clientAt(t, url, "")
	var began, ended []time.Time // of each request
	for range dates {
		began = append(began, time.Now())
		v.mustRun(`client.acquire()`)
		ended = append(ended, time.Now())
	}
	samples := v.sampled()["clientcreds_clock_skew"]
	require.Len(t, samples, 3, "the second and fourth say nothing new, the last one nothing at all")
	// A request was sent, and its response arrived, between began and ended.
	within := func(sample int, least, most time.Duration) {
		t.Helper()
		assert.GreaterOrEqual(t, samples[sample].Value, metrics.D(max(0, least)))
		assert.LessOrEqual(t, samples[sample].Value, metrics.D(max(0, most)))
	}
	second := now.Add(time.Second) // a Date may mean any time of its second
	within(0, began[0].Sub(second), ended[0].Sub(second))
	ahead := now.Add(time.Hour)
	within(1, ahead.Sub(ended[2]), ahead.Sub(began[2])) // of an error response too
	behind := second.Add(-time.Hour)
	within(2, began[4].Sub(behind), ended[4].Sub(behind)) // counts as ahead does
	status, _ := samples[1].Tags.Get(tagStatus)
	assert.Equal(t, "400", status)
}

// Of VUs that are told the same at once, one has news.
func TestClockIsNewsOnce(t *testing.T) {
	t.Parallel()
	o := observer{clock: new(atomic.Pointer[oauth.Clock])}
	date := time.Now().Truncate(time.Second)
	news := make(chan bool)
	for range 8 {
		go func() { news <- o.noteClock(oauth.Clock{Date: date}) }()
	}
	count := 0
	for range 8 {
		if <-news {
			count++
		}
	}
	assert.Equal(t, 1, count)
	assert.False(t, o.noteClock(oauth.Clock{}), "without a Date header there is none")
	assert.True(t, o.noteClock(oauth.Clock{Date: date.Add(time.Second)}))
}

// Clocks that differ by five seconds or more are worth a word.
func TestClocksInWords(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		0: "", 4 * time.Second: "", -4 * time.Second: "",
		5 * time.Second:  "; the server's clock is 5s ahead of this machine's",
		-5 * time.Second: "; the server's clock is 5s behind this machine's",
		time.Hour:        "; the server's clock is 1h0m0s ahead of this machine's",
	} {
		assert.Equal(t, want, describeServerClock(&oauth.Clock{Skew: skew}))
	}
	assert.Empty(t, describeServerClock(nil))
}
