package authserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// TestStatsAreExact holds that no request is lost or counted twice, however
// many come at once.
func TestStatsAreExact(t *testing.T) {
	t.Parallel()
	const workers, rounds = 16, 25
	clients := []Client{demo, {ID: "b", Secret: secret.New("x")}, {ID: "idle", Secret: secret.New("x")}}
	s := start(t, Config{Clients: clients, APIAddr: "127.0.0.1:0"})
	e := s.Endpoints()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range rounds {
				token := post(e.Token, demo, clientCredentials).send(t, client).member(t, "access_token")
				post(e.Token, clients[1], clientCredentials).send(t, client)
				post(e.Token, Client{ID: "b", Secret: secret.New("wrong")}, clientCredentials).send(t, client)
				post(e.Token, Client{ID: "nobody", Secret: secret.New("x")}, clientCredentials).send(t, client)
				get(e.API, token).send(t, client)
				get(e.API, "").send(t, client)
				post(e.Introspection, demo, "token="+token).send(t, client)
			}
		})
	}
	all.Wait()
	var got Stats
	require.NoError(t, json.Unmarshal([]byte(get(e.Stats, "").send(t, client).body), &got))
	const n = workers * rounds
	require.Equal(t, int64(4*n), got.TokenRequests.Total)
	require.Equal(t, map[string]int64{"demo": n, "b": 2 * n, "idle": 0}, got.TokenRequests.ByClient)
	require.Equal(t, map[string]int64{"issued": 2 * n, "invalid_client": 2 * n}, got.TokenRequests.ByResult)
	require.Equal(t, int64(2*n), got.APIRequests.Total)
	require.Equal(t, map[string]int64{"ok": n, "no_token": n}, got.APIRequests.ByResult)
	require.Equal(t, int64(n), got.IntrospectionRequests)
	require.LessOrEqual(t, got.TokenRequests.ConcurrentPeak, int64(workers))
	require.True(t, s.Stats().StartedAt.Equal(got.StartedAt))
}

// TestConcurrentPeak holds requests back until all are in progress.
func TestConcurrentPeak(t *testing.T) {
	t.Parallel()
	const together = 7
	var barrier sync.WaitGroup
	barrier.Add(together)
	s, h := offline(t, Config{TokenMiddleware: []Middleware{func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			barrier.Done()
			barrier.Wait()
			next.ServeHTTP(w, r)
		})
	}}})
	var all sync.WaitGroup
	for range together {
		all.Go(func() { issue(t, h) })
	}
	all.Wait()
	require.Equal(t, int64(together), s.Stats().TokenRequests.ConcurrentPeak)
	require.Zero(t, s.stats.token.progress.Load())
}

// TestPeakPer100ms holds that arrivals are counted in consecutive tenths of a
// second.
func TestPeakPer100ms(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, h := offline(t, Config{Now: clock.now})
	for _, n := range []int{2, 5, 3} {
		for range n {
			issue(t, h)
			clock.move(time.Millisecond)
		}
		clock.move(window - time.Duration(n)*time.Millisecond)
	}
	require.Equal(t, int64(5), s.Stats().TokenRequests.PeakPer100ms)
	require.Equal(t, int64(10), s.Stats().TokenRequests.Total)
}

// TestLateArrival holds that an arrival that is counted after its window has
// ended does not begin that window again.
func TestLateArrival(t *testing.T) {
	t.Parallel()
	var l arrivals
	now := newClock().now()
	for _, at := range []time.Time{now, now.Add(window), now, now.Add(window)} {
		l.arrive(at)
	}
	require.Equal(t, int64(3), l.busiest.Load())
}

// TestMiddleware holds what the seam promises: the arrival is counted before
// it, the result only behind it, and the first one is the outermost.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	var command []string
	named := func(name string, answer int) Middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				command = append(command, name)
				if answer != 0 {
					w.WriteHeader(answer)
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	s, h := offline(t, Config{
		TokenMiddleware: []Middleware{named("first", 0), named("second", http.StatusServiceUnavailable)},
		APIMiddleware:   []Middleware{named("api", 0)},
	})
	require.Equal(t, http.StatusServiceUnavailable, post("/token", demo, clientCredentials).ask(t, h).status)
	require.Equal(t, http.StatusUnauthorized, get("/api/x", "").ask(t, h).status)
	require.Equal(t, []string{"first", "second", "api"}, command)
	stats := s.Stats()
	require.Equal(t, int64(1), stats.TokenRequests.Total)
	require.Empty(t, stats.TokenRequests.ByResult)
	require.Equal(t, map[string]int64{"no_token": 1}, stats.APIRequests.ByResult)
}
