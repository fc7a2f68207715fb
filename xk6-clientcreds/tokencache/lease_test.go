package tokencache

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestMargin(t *testing.T) {
	t.Parallel()
	for early, want := range map[time.Duration]time.Duration{
		0:                      0,
		time.Nanosecond:        0,
		100 * time.Millisecond: 50 * time.Millisecond,
		200 * time.Millisecond: 100 * time.Millisecond,
		time.Second:            100 * time.Millisecond,
		time.Second + 10:       100*time.Millisecond + 1,
		6 * time.Second:        600 * time.Millisecond,
		10 * time.Second:       time.Second,
		time.Hour:              time.Second,
	} {
		assert.Equal(t, want, margin(early), early)
	}
}

// A token with little life left could expire on its way to the API: callers wait for the next one.
func TestBackgroundRefreshJustBeforeTheExpiry(t *testing.T) {
	t.Parallel()
	const margin = 600 * time.Millisecond // a tenth of six seconds
	for name, c := range map[string]struct {
		left    time.Duration // until the expiry
		err     error         // of the next request
		takes   time.Duration
		token   string
		outcome Outcome
		waited  time.Duration
	}{
		"before":                      {margin + 1, nil, 100 * time.Millisecond, "1", Hit, 0},
		"at":                          {margin, nil, 100 * time.Millisecond, "2", Miss, 100 * time.Millisecond},
		"the last nanosecond":         {1, nil, 100 * time.Millisecond, "2", Miss, 100 * time.Millisecond},
		"longer than the token lives": {margin, nil, time.Second, "2", Miss, time.Second},
		"a failure":                   {margin, errBusy, margin - leastMargin - 1, "1", Miss, margin - leastMargin - 1},
		"expired":                     {0, nil, 100 * time.Millisecond, "2", Miss, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cache := open(t, Options{})
				s, e := newServer(time.Minute), cache.Entry("k", tenPercent(Background), nil)
				get(t, e, s, Miss)
				s.takesTime(c.takes)
				s.fails(c.err)
				sleepTo(s.begin.Add(time.Minute - c.left))
				now := time.Now()
				assert.Equal(t, c.token, get(t, e, s, c.outcome))
				assert.Equal(t, c.waited, time.Since(now))
			})
		})
	}
}

// When the request for the next token has just failed there is nothing to wait for. The old one serves, until it could
// expire on its way to the API.
func TestHeldOffRefreshJustBeforeTheExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", tenPercent(Background), nil)
		get(t, e, s, Miss)
		s.fails(errBusy)
		sleepTo(s.begin.Add(time.Minute - 700*time.Millisecond))
		assert.Equal(t, "1", get(t, e, s, Hit))
		sleepTo(s.begin.Add(time.Minute - leastMargin - 1))
		assert.Equal(t, "1", get(t, e, s, Hit))
		at, _ := s.asked()
		assert.Len(t, at, 2)
		for _, left := range []time.Duration{leastMargin, 1} {
			sleepTo(s.begin.Add(time.Minute - left))
			_, _, err := e.Get(t.Context(), s)
			require.ErrorIs(t, err, errBusy)
		}
	})
}

// A token with nothing to spare is used until its end, as a leeway of 0 asks for.
func TestHeldOffRefreshWithoutLeeway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", Policy{Refresh: Background}, nil)
		get(t, e, s, Miss)
		s.fails(errBusy)
		sleepTo(s.begin.Add(time.Minute - 1))
		assert.Equal(t, "1", get(t, e, s, Hit))
	})
}

// countdown is a server that hands out one token until it expires, and returns its remaining lifetime in
// whole seconds.
type countdown struct {
	server

	until time.Time
	zero  string // how it says 0
}

func (s *countdown) Fetch(ctx context.Context, reason Reason) (*oauth.Token, error) {
	token, err := s.server.Fetch(ctx, reason)
	if now := time.Now(); !now.Before(s.until) {
		s.until = now.Add(s.ttl)
	}
	token.AccessToken = secret.New(s.until.Format(time.RFC3339Nano))
	token.ExpiresIn = time.Until(s.until).Truncate(time.Second)
	if token.ExpiresIn == 0 {
		token.NoLifetime = s.zero
	}
	return token, err
}

// Such a server is asked a few times for each token, and not at every call in its last second.
func TestCountdown(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]Policy{
		"background": tenPercent(Background), "blocking": tenPercent(Blocking),
		"no leeway": {}, "leeway of a minute": {Leeway: Span{Absolute: time.Minute}, Refresh: Background},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var warnings []string
			synctest.Test(t, func(t *testing.T) {
				c := open(t, Options{Warn: func(msg string) { warnings = append(warnings, msg) }})
				s := &countdown{server: server{begin: time.Now(), ttl: 4*time.Minute + 300*time.Millisecond}, zero: "0"}
				e := c.Entry("k", p, nil)
				tokens := make(map[string]int)
				for time.Since(s.begin) < 3*s.ttl {
					lease, _, err := e.Get(t.Context(), s)
					require.NoError(t, err)
					expiry, err := time.Parse(time.RFC3339Nano, lease.Token.AccessToken.Reveal())
					require.NoError(t, err)
					assert.Less(t, time.Since(expiry), finalSpan, "a token that has been over for longer")
					tokens[lease.Token.AccessToken.Reveal()]++
					time.Sleep(10 * time.Millisecond)
				}
				assert.Len(t, tokens, 3)
				at, _ := s.asked()
				assert.LessOrEqual(t, len(at), 3*12)
			})
			assert.Empty(t, warnings)
		})
	}
}

// Only a server that has told the lifetime of a token before means by 0 that it is over.
func TestZeroIsNoCountdown(t *testing.T) {
	t.Parallel()
	for name, tokens := range map[string][]oauth.Token{
		"from the beginning":  {{AccessToken: secret.New("a"), NoLifetime: "0"}},
		"the same token":      {{AccessToken: secret.New("a"), NoLifetime: "0"}, {AccessToken: secret.New("a"), NoLifetime: "0"}},
		"without a lifetime":  {{AccessToken: secret.New("a")}, {AccessToken: secret.New("a"), NoLifetime: "0"}},
		"another token":       {{AccessToken: secret.New("a"), ExpiresIn: time.Minute}, {AccessToken: secret.New("b"), NoLifetime: "0"}},
		"no word of lifetime": {{AccessToken: secret.New("a"), ExpiresIn: time.Minute}, {AccessToken: secret.New("a")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := open(t, Options{}).Entry("k", Policy{}, nil)
				var lease *Lease
				for _, token := range tokens {
					e.Drop(lease)
					token.RequestedAt = time.Now()
					var err error
					lease, _, err = e.Get(t.Context(), sourceFunc(func(context.Context, Reason) (*oauth.Token,
						error,
					) {
						return &token, nil
					}))
					require.NoError(t, err)
				}
				assert.Equal(t, defaultTTL, time.Until(lease.ExpiresAt))
			})
		})
	}
}

// An API may refuse a token in its last second, and the server hand it out once more.
func TestCountdownOfADroppedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Options{}).Entry("k", Policy{}, nil)
		for _, token := range []*oauth.Token{
			{AccessToken: secret.New("a"), ExpiresIn: time.Minute, RequestedAt: time.Now()},
			{AccessToken: secret.New("a"), NoLifetime: "0", RequestedAt: time.Now().Add(-2 * time.Second)}, // by a slow server
			{AccessToken: secret.New("a"), NoLifetime: "-1", RequestedAt: time.Now()},
		} {
			e.Drop(e.Current())
			_, _, err := e.Get(t.Context(), sourceFunc(func(context.Context, Reason) (*oauth.Token,
				error,
			) {
				return token, nil
			}))
			require.NoError(t, err)
		}
		assert.Equal(t, recheck, time.Until(e.Current().FreshUntil))
		assert.Equal(t, finalSpan, time.Until(e.Current().ExpiresAt))
	})
}
