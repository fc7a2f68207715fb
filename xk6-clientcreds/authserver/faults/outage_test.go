package faults

import (
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOutages holds when an endpoint is out of order: at once, later, and again and again.
func TestOutages(t *testing.T) {
	t.Parallel()
	const down, up = http.StatusServiceUnavailable, http.StatusOK
	for document, at := range map[string]map[time.Duration]int{
		`{"for": "10s"}`:                {0: down, 9999 * time.Millisecond: down, 10 * time.Second: up, time.Hour: up},
		`{"after": "5s", "for": "10s"}`: {0: up, 4999 * time.Millisecond: up, 5 * time.Second: down, 15 * time.Second: up},
		`{"after": "5s", "for": "10s", "every": "1m"}`: {
			0: up, 5 * time.Second: down, 15 * time.Second: up, 64 * time.Second: up, 65 * time.Second: down,
			75 * time.Second: up, 605 * time.Second: down,
		},
		`{"for": "1s"}, {"after": "2s", "for": "1s"}`: {0: down, time.Second: up, 2 * time.Second: down, 3 * time.Second: up},
	} {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			for when, want := range at {
				clock := newClock()
				i := with(t, clock.now, `{"token": {"outages": [`+document+`]}}`)
				clock.move(when)
				require.Equal(t, want, direct(i.Wrap(Token, endpoint)).status, when)
				require.Equal(t, b(want == down), i.Counts()["outage"]["token"])
				require.Equal(t, b(want == down), results(i, Token)["http_503"])
			}
		})
	}
}

func b(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// TestOutageByError holds that an outage can answer what errors can.
func TestOutageByError(t *testing.T) {
	t.Parallel()
	i := with(t, newClock().now,
		`{"token": {"outages": [{"for": "1s", "error": "temporarily_unavailable", "retry_after": "7s"}]}}`)
	got := direct(i.Wrap(Token, endpoint))
	require.Equal(t, "7", got.header.Get("Retry-After"))
	require.Equal(t, map[string]int64{"temporarily_unavailable": 1}, results(i, Token))
}

// TestOutageByReset holds that the connections are cut.
func TestOutageByReset(t *testing.T) {
	t.Parallel()
	i := with(t, time.Now, `{"token": {"outages": [{"for": "24h", "how": "reset"}]}}`)
	client, url := overTCP(t, i, Token, false)
	_, err := ask(t, client, url, "")
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Equal(t, map[string]int64{"reset": 1}, results(i, Token))
}

// TestOutageByHanging holds that a request is answered when the outage is over.
func TestOutageByHanging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := with(t, time.Now, `{"token": {"outages": [{"for": "10s", "how": "hang"}]}}`)
		client := inMemory(t, i, Token)
		begin := time.Now()
		time.Sleep(4 * time.Second)
		got, err := ask(t, client, "http://server/", "")
		require.NoError(t, err)
		require.Equal(t, answerText, got.body)
		require.Equal(t, 10*time.Second, time.Since(begin))
		require.Equal(t, map[string]map[string]int64{"outage": {"token": 1}}, i.Counts())
	})
}
