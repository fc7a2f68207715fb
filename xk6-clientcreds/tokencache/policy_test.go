package tokencache

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestFreshness(t *testing.T) {
	t.Parallel()
	absolute := func(d time.Duration) Span { return Span{Absolute: d} }
	fraction := func(f float64) Span { return Span{Fraction: f} }
	const second = time.Second
	for name, tc := range map[string]struct {
		policy Policy
		ttl    time.Duration
		random float64
		early  time.Duration
		cut    bool
	}{
		"zero policy":        {Policy{}, time.Hour, 1, 0, false},
		"absolute leeway":    {Policy{Leeway: absolute(10 * second)}, time.Minute, 1, 10 * second, false},
		"percent leeway":     {Policy{Leeway: fraction(0.1)}, time.Minute, 1, 6 * second, false},
		"percent, to the ns": {Policy{Leeway: fraction(0.29)}, 100, 0, 29, false}, // 0.29 × 100 is 28.999… in binary
		"jitter, none of it": {Policy{Leeway: fraction(0.1), Jitter: fraction(0.05)}, time.Minute, 0, 6 * second, false},
		"jitter, half of it": {
			Policy{Leeway: fraction(0.1), Jitter: fraction(0.05)},
			time.Minute, 0.5,
			7500 * time.Millisecond, false,
		},
		"jitter, all of it": {Policy{Leeway: fraction(0.1), Jitter: fraction(0.05)}, time.Minute, 1, 9 * second, false},
		"absolute jitter":   {Policy{Jitter: absolute(4 * second)}, time.Minute, 0.25, second, false},
		"half exactly":      {Policy{Leeway: absolute(30 * second)}, time.Minute, 1, 30 * second, false},
		"1 ns more":         {Policy{Leeway: absolute(30*second + 1)}, time.Minute, 1, 30 * second, true},
		"half with jitter": {
			Policy{Leeway: absolute(20 * second), Jitter: absolute(10 * second)},
			time.Minute, 1,
			30 * second, false,
		},
		"1 ns more with jitter": {
			Policy{Leeway: absolute(20 * second), Jitter: absolute(10*second + 1)},
			time.Minute, 1,
			30 * second, true,
		},
		"jitter gives way": {
			Policy{Leeway: absolute(20 * second), Jitter: absolute(time.Hour)},
			time.Minute, 0.5,
			25 * second, true,
		},
		"leeway takes all": {
			Policy{Leeway: absolute(time.Hour), Jitter: absolute(time.Hour)},
			time.Minute, 0,
			30 * second, true,
		},
		"jitter alone, too long":  {Policy{Jitter: absolute(time.Hour)}, time.Minute, 0, 0, true},
		"100%":                    {Policy{Leeway: fraction(1)}, time.Minute, 0, 30 * second, true},
		"shortest lifetime":       {Policy{Leeway: fraction(0.1), Jitter: fraction(0.05)}, 1, 1, 0, false},
		"negative counts as none": {Policy{Leeway: absolute(-second), Jitter: absolute(-second)}, time.Minute, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			early, cut := tc.policy.freshness(tc.ttl, tc.random)
			assert.Equal(t, tc.early, early)
			assert.Equal(t, tc.cut, cut)
			assert.LessOrEqual(t, early, tc.ttl/2)
		})
	}
}

// However it is configured, a token is used for at least half of its life.
func TestFreshnessIsAtMostHalf(t *testing.T) {
	t.Parallel()
	spans := []Span{
		{},
		{Absolute: 1},
		{Absolute: time.Second},
		{Absolute: 1 << 62},
		{Fraction: 0.05},
		{Fraction: 0.5},
		{Fraction: 1},
	}
	for _, leeway := range spans {
		for _, jitter := range spans {
			for _, ttl := range []time.Duration{1, 2, 3, time.Second, time.Second + 1, time.Hour, 100 * 365 * 24 * time.Hour} {
				for _, random := range []float64{0, 0.3, 1} {
					early, _ := Policy{Leeway: leeway, Jitter: jitter}.freshness(ttl, random)
					what := fmt.Sprint(leeway, jitter, ttl, random)
					assert.LessOrEqual(t, early, ttl/2, what)
					assert.GreaterOrEqual(t, early, time.Duration(0), what)
				}
			}
		}
	}
}

// A token is fresh up to the last nanosecond before its time, and not one longer.
func TestBoundaries(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		policy Policy
		random float64
		fresh  time.Duration // of a lifetime of one minute
	}{
		"no leeway":       {Policy{}, 1, time.Minute},
		"absolute leeway": {Policy{Leeway: Span{Absolute: 7 * time.Second}}, 1, 53 * time.Second},
		"percent leeway":  {Policy{Leeway: Span{Fraction: 0.1}}, 1, 54 * time.Second},
		"least jitter":    {Policy{Leeway: Span{Fraction: 0.1}, Jitter: Span{Fraction: 0.05}}, 0, 54 * time.Second},
		"most jitter":     {Policy{Leeway: Span{Fraction: 0.1}, Jitter: Span{Fraction: 0.05}}, 1, 51 * time.Second},
		"cut to half":     {Policy{Leeway: Span{Absolute: time.Hour}}, 1, 30 * time.Second},
	} {
		for _, refresh := range []Refresh{Blocking, Background} {
			t.Run(fmt.Sprint(name, refresh), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := open(t, Options{Rand: constant(tc.random)})
					tc.policy.Refresh = refresh
					s, e := newServer(time.Minute), c.Entry("k", tc.policy, nil)
					s.takesTime(time.Second) // the lifetime counts from the request, not from here
					assert.Equal(t, "1", get(t, e, s, Miss))

					sleepTo(s.begin.Add(tc.fresh - 1))
					assert.Equal(t, "1", get(t, e, s, Hit))
					at, _ := s.asked()
					assert.Len(t, at, 1)

					time.Sleep(time.Nanosecond)
					if refresh == Background && tc.fresh < time.Minute {
						assert.Equal(t, "1", get(t, e, s, Hit))
					} else {
						assert.Equal(t, "2", get(t, e, s, Miss))
					}
					c.flights.Wait()
					at, reasons := s.asked()
					assert.Equal(t, []time.Duration{0, tc.fresh}, at)
					want := Early
					if tc.fresh == time.Minute {
						want = Expired
					}
					assert.Equal(t, []Reason{Cold, want}, reasons)
					assert.Equal(t, "2", get(t, e, s, Hit))
				})
			})
		}
	}
}

func TestLifetimeThatTheResponseDoesNotSay(t *testing.T) {
	t.Parallel()
	for given, want := range map[time.Duration]time.Duration{7 * time.Second: 7 * time.Second, 0: 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := open(t, Options{})
			s, e := newServer(0), c.Entry("k", Policy{DefaultTTL: given}, nil)
			get(t, e, s, Miss)
			assert.Equal(t, s.begin.Add(want), e.Current().ExpiresAt)
			sleepTo(s.begin.Add(want - 1))
			assert.Equal(t, "1", get(t, e, s, Hit))
			time.Sleep(time.Nanosecond)
			assert.Equal(t, "2", get(t, e, s, Miss))
		})
	}
}
