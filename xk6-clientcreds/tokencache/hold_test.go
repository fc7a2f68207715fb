package tokencache

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

var errRefused = &oauth.Error{Code: "invalid_client", Status: 401}

// patient is a policy whose calls wait for half a minute.
var patient = Policy{MaxWait: 30 * time.Second}

// vus calls Get of every entry again and again until the time is over, and returns how often each call
// ended how.
func vus(t *testing.T, s *server, until time.Duration, entries ...*Entry) map[string]int {
	t.Helper()
	var mu sync.Mutex
	ends := make(map[string]int)
	ctx, cancel := context.WithDeadlineCause(t.Context(), s.begin.Add(until), errors.New("over"))
	defer cancel()
	var all sync.WaitGroup
	for _, e := range entries {
		all.Go(func() {
			for ctx.Err() == nil {
				_, _, err := e.Get(ctx, s)
				mu.Lock()
				if err == nil {
					ends["token"]++
				} else {
					ends[err.Error()]++
				}
				mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
	}
	all.Wait()
	return ends
}

func seconds(list ...float64) []time.Duration {
	spans := make([]time.Duration, len(list))
	for i, n := range list {
		spans[i] = time.Duration(n * float64(time.Second))
	}
	return spans
}

// A refusal is one for all who have the same credentials: one of them asks again, less and less often.
func TestRefusalsAreRepeatedByOne(t *testing.T) {
	t.Parallel()
	for name, own := range map[string]bool{"an entry each": true, "one entry": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, refusals := open(t, Options{}), new(Hold)
				s := newServer(time.Minute)
				s.fails(errRefused)
				s.takesTime(100 * time.Millisecond)
				entries := make([]*Entry, 5)
				for i := range entries {
					key := "shared"
					if own {
						key = strconv.Itoa(i)
					}
					entries[i] = c.Entry(key, patient, refusals)
				}
				ends := vus(t, s, 20*time.Second, entries...)
				at, _ := s.asked()
				first := at[:len(at)-5]
				assert.Equal(t, seconds(1.1, 3.2, 7.3, 12.4, 17.5), at[len(first):],
					"after each answer a hold of 1, 2, 4, 5, 5 seconds")
				assert.Equal(t, seconds(0), first, "the others waited for its answer")
				assert.Equal(t, map[string]int{errRefused.Error(): 6 * 5, "over": 5}, ends, "all share each answer")
				held := 6 * 5 // every call but the first of each
				if own {
					held += 4 // those that waited for the first request
				}
				assert.Len(t, s.held, held)

				other := c.Entry("other credentials", patient, nil)
				_, _, err := other.Get(t.Context(), s)
				require.Same(t, errRefused, err)
				at, _ = s.asked()
				assert.Less(t, 20*time.Second, at[len(at)-1], "which nobody has refused")
			})
		})
	}
}

// The first request of all goes alone, in case that it is refused. The others wait for its answer, and follow it
// together when it is not refused, or takes long.
func TestFirstRequestGoesAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes time.Duration
		err   error
		want  []time.Duration
	}{
		"granted":      {200 * time.Millisecond, nil, seconds(0, 0.2, 0.2)},
		"granted late": {3 * time.Second, nil, seconds(0, 1, 1)},
		"busy":         {200 * time.Millisecond, errBusy, seconds(0, 0.2, 0.2)},
		"refused":      {200 * time.Millisecond, errRefused, seconds(0)},
		"refused late": {3 * time.Second, errRefused, seconds(0, 1, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cache, refusals := open(t, Options{}), new(Hold)
				s := newServer(time.Minute)
				s.takesTime(c.takes)
				s.fails(c.err)
				var all sync.WaitGroup
				for i := range 3 {
					e := cache.Entry(strconv.Itoa(i), Policy{MaxWait: time.Millisecond}, refusals)
					all.Go(func() {
						_, _, err := e.Get(t.Context(), s)
						assert.Equal(t, c.err, err)
					})
				}
				all.Wait()
				at, _ := s.asked()
				assert.Equal(t, c.want, at)
			})
		})
	}
}

// Without a result of the first request, the next one is the first.
func TestFirstRequestWithoutAResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{}), new(Hold)
		s := newServer(time.Minute)
		s.takesTime(200 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := c.Entry("a", patient, refusals).Once(ctx, s)
			assert.Error(t, err)
		})
		synctest.Wait()
		for _, key := range []string{"b", "c"} {
			all.Go(func() { get(t, c.Entry(key, patient, refusals), s, Miss) })
		}
		all.Wait()
		at, _ := s.asked()
		assert.Equal(t, seconds(0, 0.1, 0.3), at)
	})
}

// Once the server grants, everybody goes on at once, and what came before is forgotten.
func TestRefusalsEndWithASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{}), new(Hold)
		s := newServer(time.Minute)
		s.takesTime(100 * time.Millisecond)
		s.fails(errRefused)
		entries := make([]*Entry, 5)
		for i := range entries {
			entries[i] = c.Entry(strconv.Itoa(i), patient, refusals)
		}
		time.AfterFunc(1500*time.Millisecond, func() { s.fails(nil) })
		vus(t, s, 10*time.Second, entries...)
		at, _ := s.asked()
		assert.Equal(t, seconds(0, 1.1, 3.2, 3.3, 3.3, 3.3, 3.3), at)

		s.fails(errRefused)
		sleepTo(s.begin.Add(20 * time.Second))
		for _, e := range entries {
			e.Drop(e.Current())
		}
		vus(t, s, 22*time.Second, entries...)
		at, _ = s.asked()
		assert.Equal(t, seconds(20, 20, 20, 20, 20, 21.1), at[7:], "the first hold is a second again")
	})
}

// Credentials that have been replaced are tried at once, by one call.
func TestRenewedCredentialsAreTriedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{}), new(Hold)
		s := newServer(time.Minute)
		s.fails(errRefused)
		s.takesTime(100 * time.Millisecond)
		var mu sync.Mutex
		renewed := false
		s.renewed = func() bool {
			mu.Lock()
			defer mu.Unlock()
			defer func() { renewed = false }()
			return renewed
		}
		replace := func() {
			mu.Lock()
			defer mu.Unlock()
			renewed = true
		}
		entries := []*Entry{c.Entry("a", patient, refusals), c.Entry("b", patient, refusals)}
		time.AfterFunc(4*time.Second, replace) // by others that are wrong as well
		time.AfterFunc(6*time.Second, func() { s.fails(nil); replace() })
		vus(t, s, 10*time.Second, entries...)
		at, _ := s.asked()
		assert.Equal(t, seconds(0, 1.1, 3.2), at[:3])
		poll := renewalPoll.Seconds()
		assert.InDelta(t, 4+poll/2, at[3].Seconds(), poll/2)
		assert.InDelta(t, 6+poll/2, at[4].Seconds(), poll/2)
		assert.Len(t, at, 6, "a token each")
	})
}

// A failure that may pass concerns the entry that has met it. A server that was away is found soon
// after it is back: in about the time that it was away, and within five seconds.
func TestFailuresThatMayPass(t *testing.T) {
	t.Parallel()
	for away, most := range map[time.Duration]int{
		300 * time.Millisecond: 3, 1100 * time.Millisecond: 5, 10 * time.Second: 8, time.Minute: 18,
	} {
		for _, random := range []float64{0, 0.5, 1} {
			synctest.Test(t, func(t *testing.T) {
				c, refusals := open(t, Options{Rand: constant(random)}), new(Hold)
				s, e := newServer(time.Minute), c.Entry("a", Policy{MaxWait: time.Hour}, refusals)
				s.fails(&oauth.Error{Code: oauth.CodeConnectionRefused})
				time.AfterFunc(away, func() { s.fails(nil) })
				for {
					if _, _, err := e.Get(t.Context(), s); err == nil {
						break
					}
				}
				assert.LessOrEqual(t, time.Since(s.begin)-away, min(away+failureHold, longestHold))
				at, _ := s.asked()
				assert.LessOrEqual(t, len(at), 2*most)
				if random == 1 {
					assert.LessOrEqual(t, len(at), most)
				}
				half := failureHold.Seconds() / 2
				assert.Equal(t, half+random*half, at[1].Seconds(), "entries that failed together do not ask together again")
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{}), new(Hold)
		s := newServer(time.Minute)
		s.fails(errBusy)
		_, _, err := c.Entry("a", patient, refusals).Get(t.Context(), s)
		require.Same(t, errBusy, err)
		s.fails(nil)
		assert.Equal(t, "2", get(t, c.Entry("b", patient, refusals), s, Miss), "another entry has not failed")
	})
}

// An entry can fail in both ways, one after the other.
func TestRefusalAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{Rand: constant(1)}), new(Hold)
		s, e := newServer(time.Minute), c.Entry("k", patient, refusals)
		for _, want := range []error{errBusy, errRefused, errBusy, errBusy, errRefused} {
			s.fails(want)
			_, _, err := e.Get(t.Context(), s)
			require.Same(t, want, err)
		}
		s.fails(nil)
		assert.Equal(t, "6", get(t, e, s, Miss))
		at, _ := s.asked()
		// While a refusal has not been taken back, its hold goes on, and is the longer one.
		assert.Equal(t, seconds(0, 0.25, 1.25, 3.25, 7.25, 12.25), at)
	})
}

// Calls wait as long as the server asks for, also without a token. Calls that cannot wait so long fail,
// but not at once.
func TestRetryAfterWithoutAToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{}), new(Hold)
		s := newServer(time.Minute)
		limited := &oauth.Error{Code: "slow_down", Status: 429, RetryAfter: 2 * time.Minute}
		s.fails(limited)
		entries := []*Entry{c.Entry("a", patient, refusals), c.Entry("b", patient, refusals)}
		ends := vus(t, s, 10*time.Second, entries...)
		at, _ := s.asked()
		assert.Equal(t, seconds(0, 0), at)
		begin, due := s.begin.Format(time.TimeOnly), s.begin.Add(2*time.Minute).Format(time.TimeOnly)
		assert.Equal(t, map[string]int{
			limited.Error(): 2, "over": 2,
			limited.Error() + "; no token was requested for this call: requests have failed since " + begin +
				", and the next one is due at " + due: 2 * 9,
		}, ends, "a call takes a second")

		sleepTo(s.begin.Add(100 * time.Second))
		s.fails(nil)
		assert.Equal(t, "3", get(t, entries[0], s, Miss), "20 seconds are not too long")
		assert.Equal(t, 2*time.Minute, time.Since(s.begin))
	})
}

func TestHeldError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", Policy{}, nil) // whose calls do not wait
		s.fails(errRefused)
		_, _, err := e.Get(t.Context(), s)
		require.Same(t, errRefused, err)
		_, outcome, err := e.Get(t.Context(), s)
		assert.Equal(t, Miss, outcome)
		var held *HeldError
		require.ErrorAs(t, err, &held)
		require.ErrorIs(t, err, errRefused)
		assert.Equal(t, HeldError{Err: errRefused, Since: s.begin, Until: s.begin.Add(time.Second)}, *held)

		// While the next request is under way nobody knows when the one after is due.
		time.Sleep(time.Second)
		s.takesTime(time.Second)
		other := c.Entry("other", Policy{}, e.refusals)
		go func() { _, _, _ = e.Get(t.Context(), s) }()
		synctest.Wait()
		_, _, err = other.Get(t.Context(), s)
		require.EqualError(t, err,
			"invalid_client (HTTP 401); no token was requested for this call: requests have failed since "+
				s.begin.Format(time.TimeOnly)+", and the next one is under way")
	})
}

// A call that is held back ends with its iteration, and with the cache.
func TestHeldCallsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", Policy{MaxWait: time.Hour}, nil)
		s.fails(&oauth.Error{Code: "slow_down", Status: 429, RetryAfter: 30 * time.Minute})
		_, _, err := e.Get(t.Context(), s)
		require.Error(t, err)
		errOver := errors.New("the iteration is over")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errOver)
		defer cancel()
		_, _, err = e.Get(ctx, s)
		require.Same(t, errOver, err)
		assert.Equal(t, time.Minute, time.Since(s.begin))

		time.AfterFunc(time.Minute, func() { c.Close(time.Hour) })
		_, err = e.Once(t.Context(), s)
		require.ErrorIs(t, err, ErrClosed)
		assert.Equal(t, 2*time.Minute, time.Since(s.begin))
	})
}

// Of requests that were under way together the first failure counts, and a success counts always.
func TestAnswersThatComeLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{}), new(Hold)
		refusals.Lift() // none of the requests is the first
		fast, slow, good := newServer(time.Minute), newServer(time.Minute), newServer(time.Minute)
		fast.fails(errRefused)
		slow.fails(&oauth.Error{Code: "access_denied", Status: 403, RetryAfter: 3 * time.Second})
		slow.takesTime(500 * time.Millisecond)
		good.takesTime(700 * time.Millisecond)
		var all sync.WaitGroup
		for _, s := range []*server{slow, good, fast} {
			e := c.Entry(strconv.Itoa(int(s.takes)), patient, refusals)
			all.Go(func() { _, _, _ = e.Get(t.Context(), s) })
			synctest.Wait()
		}
		time.Sleep(600 * time.Millisecond)
		_, b := refusals.admit(time.Now())
		require.NotNil(t, b)
		assert.Same(t, errRefused, b.err.Err)
		assert.Equal(t, fast.begin.Add(3500*time.Millisecond), b.err.Until, "Retry-After counts whoever is told")
		refusals.mu.Lock()
		assert.Equal(t, 1, refusals.failures)
		refusals.mu.Unlock()
		all.Wait()
		_, b = refusals.admit(time.Now())
		assert.Nil(t, b, "the server has granted a token")
	})
}

// When the one request that the others wait for meets another failure they share that, and when it was
// given up another call asks in its place.
func TestRequestThatTheOthersWaitFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{Rand: constant(0)}), new(Hold)
		s := newServer(time.Minute)
		s.fails(errRefused)
		a, b := c.Entry("a", patient, refusals), c.Entry("b", patient, refusals)
		_, _, err := a.Get(t.Context(), s)
		require.Same(t, errRefused, err)

		s.fails(errBusy)
		s.takesTime(100 * time.Millisecond)
		ends := vus(t, s, 1200*time.Millisecond, a, b)
		assert.Equal(t, map[string]int{errBusy.Error(): 2, "over": 2}, ends)
		at, _ := s.asked()
		assert.Equal(t, seconds(0, 1), at)

		ctx, cancel := context.WithDeadline(t.Context(), s.begin.Add(3200*time.Millisecond)) // while its request is under way
		defer cancel()
		s.takesTime(time.Hour)
		var all sync.WaitGroup
		all.Go(func() {
			_, err := a.Once(ctx, s)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		all.Wait()
		s.fails(nil)
		s.takesTime(0)
		get(t, b, s, Miss)
		at, _ = s.asked()
		assert.Equal(t, seconds(0, 1, 3.1, 3.2), at)
	})
}

// A refresh that is refused keeps all others with a valid token from asking as well.
func TestRefusedRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, refusals := open(t, Options{}), new(Hold)
		p := tenPercent(Background)
		p.MaxWait = 30 * time.Second
		s := newServer(time.Minute)
		entries := make([]*Entry, 5)
		for i := range entries {
			entries[i] = c.Entry(strconv.Itoa(i), p, refusals)
			get(t, entries[i], s, Miss)
		}
		s.fails(errRefused)
		time.Sleep(fresh)
		for time.Since(s.begin) < time.Minute-leastMargin {
			for _, e := range entries {
				get(t, e, s, Hit)
				synctest.Wait()
			}
			time.Sleep(100 * time.Millisecond)
		}
		at, _ := s.asked()
		assert.Equal(t, seconds(54, 55, 57), at[5:])
		assert.Empty(t, s.held, "nobody was kept waiting")
	})
}

// Once shares failures, and nothing else.
func TestOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		s, e := newServer(time.Minute), c.Entry("k", patient, nil)
		for _, want := range []string{"1", "2"} {
			lease, err := e.Once(t.Context(), s)
			require.NoError(t, err)
			assert.Equal(t, want, lease.Token.AccessToken.Reveal())
			assert.Equal(t, s.begin.Add(time.Minute), lease.ExpiresAt)
			assert.Nil(t, e.Current())
		}
		s.fails(errRefused)
		for range 3 {
			_, err := e.Once(t.Context(), s)
			require.Same(t, errRefused, err)
		}
		assert.Panics(t, func() {
			time.Sleep(longestHold)
			_, _ = e.Once(t.Context(), sourceFunc(func(context.Context, Reason) (*oauth.Token,
				error,
			) {
				panic("out of cheese")
			}))
		})
		s.fails(nil)
		_, err := e.Once(t.Context(), s)
		require.NoError(t, err, "a panic does not hold calls back for ever")
		at, reasons := s.asked()
		assert.Equal(t, seconds(0, 0, 0, 1, 3), at[:5])
		assert.Equal(t, Cold, reasons[4])
	})
}

func TestResultOf(t *testing.T) {
	t.Parallel()
	for want, list := range map[result][]error{
		granted: {nil},
		refused: {
			&oauth.Error{Code: "invalid_client", Status: 401}, &oauth.Error{Code: "unauthorized_client", Status: 400},
			&oauth.Error{Code: "invalid_scope", Status: 400}, &oauth.Error{Code: "invalid_grant", Status: 400},
			&oauth.Error{Code: "access_denied", Status: 403}, &oauth.Error{Code: "tenant_suspended", Status: 400},
			&oauth.Error{Code: "invalid_client", Status: 200}, &oauth.Error{Code: oauth.CodeHTTPError, Status: 404},
			&oauth.Error{Code: oauth.CodeHTTPError, Status: 302}, &oauth.Error{Code: oauth.CodeDiscovery, Status: 404},
		},
		failed: {
			errBusy, &oauth.Error{Code: oauth.CodeConnectionRefused}, &oauth.Error{Code: oauth.CodeTLS},
			&oauth.Error{Code: oauth.CodeTimeout}, &oauth.Error{Code: "slow_down", Status: 400},
			&oauth.Error{Code: oauth.CodeHTTPError, Status: 429},
			&oauth.Error{Code: oauth.CodeInvalidResponse, Status: 200}, oauth.Expired(time.Second, time.Minute),
			&oauth.Error{Code: oauth.CodeTokenType, Status: 200}, &oauth.Error{Code: oauth.CodeTokenBinding, Status: 200},
			&oauth.Error{Code: oauth.CodeClientAuth}, errors.New("odd"), context.DeadlineExceeded, errNoResult,
		},
		abandoned: {
			context.Canceled, oauth.TransportError(context.Canceled), &oauth.Error{Code: oauth.CodeCanceled, Status: 200},
		},
	} {
		for _, err := range list {
			assert.Equal(t, want, resultOf(err), err)
		}
	}
}
