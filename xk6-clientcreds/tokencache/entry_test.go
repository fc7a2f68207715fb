package tokencache

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

var errBusy = &oauth.Error{Code: "temporarily_unavailable", Status: 503}

// tenPercent is a policy whose tokens of one minute are fresh for 54 seconds.
func tenPercent(r Refresh) Policy { return Policy{Leeway: Span{Fraction: 0.1}, Refresh: r} }

const fresh = 54 * time.Second

func TestOneFlightForAThousandCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", Policy{}, nil)
		s.takesTime(time.Second)
		leases := make([]*Lease, 1000)
		var all sync.WaitGroup
		for i := range leases {
			all.Go(func() {
				var outcome Outcome
				var err error
				leases[i], outcome, err = e.Get(t.Context(), s)
				assert.NoError(t, err)
				assert.Equal(t, Miss, outcome)
			})
		}
		all.Wait()
		at, reasons := s.asked()
		assert.Equal(t, []time.Duration{0}, at)
		assert.Equal(t, []Reason{Cold}, reasons)
		for _, lease := range leases {
			assert.Same(t, e.Current(), lease)
		}
	})
}

func TestWaitersShareTheError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", Policy{}, nil)
		s.takesTime(time.Second)
		s.fails(errBusy)
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				lease, outcome, err := e.Get(t.Context(), s)
				assert.Nil(t, lease)
				assert.Equal(t, Miss, outcome)
				assert.Same(t, errBusy, err)
			})
		}
		all.Wait()
		at, _ := s.asked()
		assert.Len(t, at, 1, "nobody queues to repeat the failure")
		assert.Equal(t, time.Second, time.Since(s.begin))

		s.fails(nil)
		time.Sleep(failureHold)
		assert.Equal(t, "2", get(t, e, s, Miss), "but the next one to come asks again")
		_, reasons := s.asked()
		assert.Equal(t, []Reason{Cold, Cold}, reasons)
	})
}

func TestBlockingRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", tenPercent(Blocking), nil)
		get(t, e, s, Miss)
		s.takesTime(2 * time.Second)
		time.Sleep(fresh)
		assert.Equal(t, "2", get(t, e, s, Miss))
		assert.Equal(t, fresh+2*time.Second, time.Since(s.begin))
	})
}

func TestBackgroundRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", tenPercent(Background), nil)
		get(t, e, s, Miss)
		s.takesTime(2 * time.Second)
		time.Sleep(fresh)
		// The caller's context is its iteration's, which ends long before the refresh does.
		ctx, cancel := context.WithCancel(t.Context())
		for range 5 {
			lease, outcome, err := e.Get(ctx, s)
			require.NoError(t, err)
			assert.Equal(t, Hit, outcome)
			assert.Equal(t, "1", lease.Token.AccessToken.Reveal())
		}
		cancel()
		assert.Equal(t, fresh, time.Since(s.begin), "nobody waited")
		time.Sleep(2*time.Second - 1)
		assert.Equal(t, "1", get(t, e, s, Hit))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Equal(t, "2", get(t, e, s, Hit))
		at, _ := s.asked()
		assert.Equal(t, []time.Duration{0, fresh}, at)
	})
}

// When the background refresh takes longer than the token lives its result is waited for.
func TestBackgroundRefreshOvertakenByExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", tenPercent(Background), nil)
		get(t, e, s, Miss)
		s.takesTime(10 * time.Second)
		time.Sleep(fresh)
		assert.Equal(t, "1", get(t, e, s, Hit))
		sleepTo(s.begin.Add(time.Minute))
		assert.Equal(t, "2", get(t, e, s, Miss))
		assert.Equal(t, fresh+10*time.Second, time.Since(s.begin))
		at, _ := s.asked()
		assert.Len(t, at, 2)
	})
}

func TestFailedBackgroundRefreshHoldsOff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		wait time.Duration
	}{
		"a second":          {errBusy, time.Second},
		"Retry-After":       {&oauth.Error{Code: "slow_down", Status: 429, RetryAfter: 3 * time.Second}, 3 * time.Second},
		"short Retry-After": {&oauth.Error{Code: "slow_down", Status: 429, RetryAfter: 1}, time.Second},
		"any error":         {errors.New("odd"), time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := open(t, Options{})
				s, e := newServer(time.Minute), c.Entry("k", tenPercent(Background), nil)
				get(t, e, s, Miss)
				s.fails(tc.err)
				time.Sleep(fresh)
				assert.Equal(t, "1", get(t, e, s, Hit))
				synctest.Wait()
				time.Sleep(tc.wait - 1)
				assert.Equal(t, "1", get(t, e, s, Hit), "held off: the old one, without a request")
				synctest.Wait()
				at, _ := s.asked()
				assert.Equal(t, []time.Duration{0, fresh}, at)

				s.fails(nil)
				time.Sleep(time.Nanosecond)
				assert.Equal(t, "1", get(t, e, s, Hit))
				synctest.Wait()
				assert.Equal(t, "3", get(t, e, s, Hit))
				at, _ = s.asked()
				assert.Equal(t, []time.Duration{0, fresh, fresh + tc.wait}, at)
			})
		})
	}
}

// The wait that a server asks for does not end with the token.
func TestRetryAfterOutlastsTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		p := tenPercent(Background)
		p.MaxWait = 10 * time.Second
		s, e := newServer(time.Minute), c.Entry("k", p, nil)
		get(t, e, s, Miss)
		s.fails(&oauth.Error{Code: "slow_down", Status: 429, RetryAfter: 10 * time.Second})
		time.Sleep(fresh)
		get(t, e, s, Hit)
		synctest.Wait()
		s.fails(nil)
		sleepTo(s.begin.Add(time.Minute))
		assert.Equal(t, "3", get(t, e, s, Miss))
		at, _ := s.asked()
		assert.Equal(t, []time.Duration{0, fresh, fresh + 10*time.Second}, at)
	})
}

// A refresh that fails late in the life of a token does not keep callers waiting for long without one.
func TestHoldOfALateRefreshIsShort(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]time.Duration{
		3 * time.Second: time.Second, 700 * time.Millisecond: 700*time.Millisecond - leastMargin,
		150 * time.Millisecond: failureHold,
	} {
		synctest.Test(t, func(t *testing.T) {
			c := open(t, Options{})
			p := tenPercent(Blocking)
			p.MaxWait = time.Minute
			s, e := newServer(time.Minute), c.Entry("k", p, nil)
			get(t, e, s, Miss)
			s.fails(errBusy)
			sleepTo(s.begin.Add(time.Minute - left))
			assert.Equal(t, "1", get(t, e, s, Miss))
			s.fails(nil)
			sleepTo(s.begin.Add(time.Minute - left + min(left, want)))
			assert.Equal(t, "3", get(t, e, s, Miss))
			assert.Equal(t, time.Minute-left+want, time.Since(s.begin))
		})
	}
}

// A success ends the hold that a failure before began, however long that was to be.
func TestSuccessEndsTheHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", tenPercent(Background), nil)
		get(t, e, s, Miss)
		s.fails(&oauth.Error{Code: "slow_down", Status: 429, RetryAfter: time.Hour})
		time.Sleep(fresh)
		get(t, e, s, Hit)
		synctest.Wait()
		s.fails(nil)
		e.Resume() // by a request of somebody else
		get(t, e, s, Hit)
		synctest.Wait()
		assert.Equal(t, "3", get(t, e, s, Hit))
		time.Sleep(fresh)
		get(t, e, s, Hit)
		synctest.Wait()
		assert.Equal(t, "4", get(t, e, s, Hit))
		at, _ := s.asked()
		assert.Equal(t, []time.Duration{0, fresh, fresh, 2 * fresh}, at)
	})
}

func TestFailedBlockingRefreshKeepsTheValidToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", tenPercent(Blocking), nil)
		get(t, e, s, Miss)
		s.fails(errBusy)
		s.takesTime(2 * time.Second)
		time.Sleep(fresh)
		assert.Equal(t, "1", get(t, e, s, Miss), "waited, in vain")
		assert.Equal(t, "1", get(t, e, s, Hit), "held off")
		time.Sleep(time.Second)
		assert.Equal(t, "1", get(t, e, s, Miss))
		at, _ := s.asked()
		assert.Equal(t, []time.Duration{0, fresh, fresh + 3*time.Second}, at)
	})
}

func TestFailedBlockingRefreshThatOutlastsTheToken(t *testing.T) {
	t.Parallel()
	for takes, want := range map[time.Duration]bool{
		6*time.Second - leastMargin - 1: true, 6*time.Second - leastMargin: false,
	} {
		synctest.Test(t, func(t *testing.T) {
			c := open(t, Options{})
			s, e := newServer(time.Minute), c.Entry("k", tenPercent(Blocking), nil)
			get(t, e, s, Miss)
			s.fails(errBusy)
			s.takesTime(takes)
			time.Sleep(fresh)
			lease, outcome, err := e.Get(t.Context(), s)
			assert.Equal(t, Miss, outcome)
			if want {
				require.NoError(t, err)
				assert.Equal(t, "1", lease.Token.AccessToken.Reveal())
			} else {
				assert.Same(t, errBusy, err)
				assert.Nil(t, lease)
			}
		})
	}
}

func TestDrop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", Policy{}, nil)
		e.Drop(nil)
		get(t, e, s, Miss)
		first := e.Current()
		e.Drop(first)
		assert.Nil(t, e.Current())
		assert.Equal(t, "2", get(t, e, s, Miss))
		e.Drop(first) // late news of the one before
		assert.Equal(t, "2", get(t, e, s, Hit))
		e.Drop(nil)
		assert.Equal(t, "2", get(t, e, s, Hit))
		time.Sleep(time.Minute)
		assert.Equal(t, "3", get(t, e, s, Miss))
		_, reasons := s.asked()
		assert.Equal(t, []Reason{Cold, Rejected, Expired}, reasons)
	})
}

// The token that a flight brings is newer than the one that is dropped meanwhile.
func TestDropDuringARefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", tenPercent(Background), nil)
		get(t, e, s, Miss)
		s.takesTime(2 * time.Second)
		time.Sleep(fresh)
		get(t, e, s, Hit)
		e.Drop(e.Current())
		assert.Equal(t, "2", get(t, e, s, Miss), "waits for the flight under way")
		at, _ := s.asked()
		assert.Len(t, at, 2)
	})
}

func TestWhoStopsWaitingStopsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", Policy{}, nil)
		s.takesTime(3 * time.Second)
		errOver := errors.New("the iteration is over")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errOver) })
		var other sync.WaitGroup
		lease, outcome, err := (*Lease)(nil), Hit, error(nil)
		other.Go(func() { lease, outcome, err = e.Get(ctx, s) }) // begins the flight
		synctest.Wait()
		assert.Equal(t, "1", get(t, e, s, Miss))
		assert.Equal(t, 3*time.Second, time.Since(s.begin))
		other.Wait()
		assert.Same(t, errOver, err)
		assert.Equal(t, Miss, outcome)
		assert.Nil(t, lease)
		at, _ := s.asked()
		assert.Len(t, at, 1)
	})
}

func TestTokenThatHasExpiredOnArrival(t *testing.T) {
	t.Parallel()
	const ttl = 5 * time.Second
	for name, tc := range map[string]struct {
		takes time.Duration
		ok    bool
	}{"1 ns before": {ttl - 1, true}, "at its expiry": {ttl, false}, "later": {ttl + time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := open(t, Options{})
				s, e := newServer(ttl), c.Entry("k", tenPercent(Background), nil)
				s.takesTime(tc.takes)
				lease, _, err := e.Get(t.Context(), s)
				if tc.ok {
					require.NoError(t, err)
					assert.Equal(t, "1", lease.Token.AccessToken.Reveal())
					return
				}
				require.EqualError(t, err,
					"invalid_response: the token had expired when it arrived: its lifetime is 5s, and the response took "+tc.takes.String())
				assert.Nil(t, lease)
				assert.Nil(t, e.Current())
				require.ErrorIs(t, err, oauth.ErrExpired)
			})
		})
	}
}

// A Fetch that breaks leaves nobody waiting, and the next one works.
func TestBrokenFetch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fetch sourceFunc
		want  string
	}{
		"panic": {
			func(context.Context, Reason) (*oauth.Token, error) { panic("out of cheese") },
			"requesting a token: out of cheese",
		},
		"nothing": {
			func(context.Context, Reason) (*oauth.Token, error) { return nil, nil },
			"requesting a token: no result",
		},
		"ended itself": {
			func(context.Context, Reason) (*oauth.Token, error) { runtime.Goexit(); return nil, nil },
			"requesting a token: no result",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := open(t, Options{})
				e := c.Entry("k", Policy{}, nil)
				for range 2 {
					time.Sleep(longestHold)
					lease, outcome, err := e.Get(t.Context(), tc.fetch)
					require.EqualError(t, err, tc.want)
					assert.Equal(t, Miss, outcome)
					assert.Nil(t, lease)
				}
				time.Sleep(longestHold)
				assert.Equal(t, "1", get(t, e, newServer(time.Minute), Miss))
			})
		})
	}
}

func TestHitAllocatesNothing(t *testing.T) {
	c := New(Options{})
	defer c.Close(0)
	e, s := c.Entry("k", tenPercent(Background), nil), newServer(time.Hour)
	src, ctx := Source(s), context.Background()
	get(t, e, s, Miss)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _, _ = e.Get(ctx, src) }))
}

func BenchmarkGetHit(b *testing.B) {
	c := New(Options{})
	defer c.Close(0)
	e, s := c.Entry("k", tenPercent(Background), nil), newServer(time.Hour)
	src, ctx := Source(s), context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := e.Get(ctx, src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetHitParallel(b *testing.B) {
	c := New(Options{})
	defer c.Close(0)
	e, s := c.Entry("k", tenPercent(Background), nil), newServer(time.Hour)
	src, ctx := Source(s), context.Background()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := e.Get(ctx, src); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkCurrent(b *testing.B) {
	c := New(Options{})
	defer c.Close(0)
	e, s := c.Entry("k", tenPercent(Background), nil), newServer(time.Hour)
	if _, _, err := e.Get(context.Background(), s); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if e.Current() == nil {
			b.Fatal("no token")
		}
	}
}
