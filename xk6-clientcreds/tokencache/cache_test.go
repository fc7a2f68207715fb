package tokencache

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestOneEntryPerKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s := newServer(time.Minute)
		a, b := c.Entry("a", Policy{}, nil), c.Entry("b", Policy{}, nil)
		assert.Same(t, a, c.Entry("a", Policy{}, nil))
		assert.NotSame(t, a, b)
		assert.Nil(t, a.Current())
		assert.Equal(t, "1", get(t, a, s, Miss))
		assert.Equal(t, "2", get(t, b, s, Miss))
		assert.Equal(t, "1", get(t, a, s, Hit))
		assert.Equal(t, "1", a.Current().Token.AccessToken.Reveal())
	})
}

// A thousand virtual users with the same policy are one thing for the user to know.
func TestOneWarningPerPolicy(t *testing.T) {
	t.Parallel()
	var warnings []string
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Warn: func(msg string) { warnings = append(warnings, msg) }})
		s := newServer(10 * time.Second)
		long := Policy{Leeway: Span{Absolute: 30 * time.Second}}
		other := Policy{Leeway: Span{Fraction: 0.6}}
		good := Policy{Leeway: Span{Fraction: 0.5}}
		for round := range 3 {
			for i := range 1000 {
				get(t, c.Entry("long "+strconv.Itoa(i), long, nil), s, Miss)
			}
			get(t, c.Entry("good", good, nil), s, Miss)
			if round > 0 {
				get(t, c.Entry("other", other, nil), s, Miss)
			}
			time.Sleep(10 * time.Second)
		}
	})
	const text = "leeway and jitter together exceed half of the token's lifetime of 10s; tokens are replaced when half " +
		"of it is left"
	assert.Equal(t, []string{text, text}, warnings)
}

// A token without a usable lifetime lives for the default one, and the user is told once.
func TestOneWarningOfLifetimesThatAreNone(t *testing.T) {
	t.Parallel()
	var warnings []string
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Warn: func(msg string) { warnings = append(warnings, msg) }})
		s := newServer(0)
		fetch := sourceFunc(func(ctx context.Context, reason Reason) (*oauth.Token, error) {
			token, err := s.Fetch(ctx, reason)
			token.NoLifetime = "-1"
			return token, err
		})
		p := Policy{DefaultTTL: 10 * time.Minute, Leeway: Span{Absolute: time.Hour}}
		for _, key := range []string{"a", "b"} {
			lease, _, err := c.Entry(key, p, nil).Get(t.Context(), fetch)
			require.NoError(t, err)
			assert.Equal(t, 10*time.Minute, lease.ExpiresAt.Sub(lease.Token.RequestedAt))
		}
		get(t, c.Entry("the server does not say", Policy{}, nil), s, Miss)
	})
	require.Len(t, warnings, 2)
	assert.Equal(t, "expires_in of the token response is -1, which is not a lifetime; tokens are used for 10m0s: "+
		"set cache.defaultTtl to their lifetime", warnings[0])
	assert.Contains(t, warnings[1], "leeway", "another thing to know")
}

func TestCloseWaitsForFlights(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s := New(Options{}), newServer(time.Minute)
		s.takesTime(3 * time.Second)
		var got sync.WaitGroup
		got.Go(func() { assert.Equal(t, "1", get(t, c.Entry("k", Policy{}, nil), s, Miss)) })
		synctest.Wait()
		c.Close(5 * time.Second)
		assert.Equal(t, 3*time.Second, time.Since(s.begin), "as long as the request takes, not as long as the grace")
		got.Wait()
	})
}

func TestCloseCancelsFlightsAfterGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s := New(Options{}), newServer(time.Minute)
		s.takesTime(time.Hour)
		var got sync.WaitGroup
		got.Go(func() {
			lease, outcome, err := c.Entry("k", Policy{}, nil).Get(t.Context(), s)
			assert.Nil(t, lease)
			assert.Equal(t, Miss, outcome)
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		c.Close(5 * time.Second)
		assert.Equal(t, 5*time.Second, time.Since(s.begin))
		got.Wait()
	})
}

func TestGetAfterClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s := New(Options{}), newServer(time.Minute)
		e := c.Entry("k", Policy{Leeway: Span{Fraction: 0.1}}, nil)
		get(t, e, s, Miss)
		c.Close(time.Second)
		c.Close(time.Second) // twice does no harm
		assert.Zero(t, time.Since(s.begin), "nothing to wait for")

		assert.Equal(t, "1", get(t, e, s, Hit))
		sleepTo(s.begin.Add(59 * time.Second))
		assert.Equal(t, "1", get(t, e, s, Hit), "valid, and no request for the next one")
		sleepTo(s.begin.Add(time.Minute))
		for _, entry := range []*Entry{e, c.Entry("new", Policy{}, nil)} {
			lease, outcome, err := entry.Get(t.Context(), s)
			assert.Nil(t, lease)
			assert.Equal(t, Miss, outcome)
			require.ErrorIs(t, err, ErrClosed)
			require.EqualError(t, err, "the token cache is closed: the test is over")
		}
		at, _ := s.asked()
		assert.Len(t, at, 1)
	})
}

// peak returns the most refreshes in 100 ms of a thousand virtual users who begin at once.
func peak(t *testing.T, p Policy, random *rand.Rand) int {
	t.Helper()
	const users, rounds = 1000, 10
	perSlot := make(map[time.Duration]int)
	var mu sync.Mutex
	synchronized := func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64()
	}
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Rand: synchronized})
		begin := time.Now()
		var all sync.WaitGroup
		for i := range users {
			all.Go(func() {
				e := c.Entry(strconv.Itoa(i), p, nil)
				for range rounds {
					_, _, err := e.Get(t.Context(), sourceFunc(func(_ context.Context, reason Reason) (*oauth.Token, error) {
						if reason != Cold {
							mu.Lock()
							perSlot[time.Since(begin)/(100*time.Millisecond)]++
							mu.Unlock()
						}
						return &oauth.Token{AccessToken: secret.New("at"), RequestedAt: time.Now(), ExpiresIn: time.Minute}, nil
					}))
					assert.NoError(t, err)
					sleepTo(e.Current().FreshUntil)
				}
			})
		}
		all.Wait()
	})
	most, sum := 0, 0
	for _, n := range perSlot {
		most, sum = max(most, n), sum+n
	}
	assert.Equal(t, users*(rounds-1), sum)
	return most
}

func TestJitterSpreadsRefreshes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the same every time
	policy := Policy{Leeway: Span{Fraction: 0.10}}
	together := peak(t, policy, random)
	policy.Jitter = Span{Fraction: 0.05}
	spread := peak(t, policy, random)
	assert.Equal(t, 1000, together)
	assert.Less(t, spread, together/5)
}

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	var n atomic.Int64
	fetch := sourceFunc(func(context.Context, Reason) (*oauth.Token, error) {
		ttl := time.Hour
		switch n.Add(1) % 3 {
		case 0:
			return nil, &oauth.Error{Code: "slow_down"}
		case 1:
			ttl = time.Millisecond
		}
		return &oauth.Token{AccessToken: secret.New("at"), RequestedAt: time.Now(), ExpiresIn: ttl}, nil
	})
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for j := range 200 {
				e := c.Entry(strconv.Itoa((i+j)%8), Policy{Leeway: Span{Fraction: 0.1}, Refresh: Refresh(j % 2)}, nil)
				if lease, _, err := e.Get(context.Background(), fetch); err == nil && j%5 == 0 {
					e.Drop(lease)
				}
			}
		})
	}
	all.Wait()
	c.Close(time.Second)
	assert.Positive(t, n.Load())
}

// An entry of its holder's own has a token of its own, and ends with the cache like the others.
func TestOwn(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	s := newServer(time.Minute)
	refusals := new(Hold)
	a, b := c.Own(Policy{}, refusals), c.Own(Policy{}, refusals)
	assert.Equal(t, "1", get(t, a, s, Miss))
	assert.Equal(t, "2", get(t, b, s, Miss))
	assert.Equal(t, "1", get(t, a, s, Hit))
	c.Close(0)
	_, _, err := c.Own(Policy{}, nil).Get(t.Context(), s)
	assert.ErrorIs(t, err, ErrClosed)
}
