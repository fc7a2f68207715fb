package tokencache

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A step is an event at a moment: the API accepts the token at hand or refuses it.
type step struct {
	at       time.Duration
	accepts  bool
	replaced bool // what the refusal led to
}

func TestRejected(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]step{
		"a token that was good":      {{0, true, false}, {10 * time.Millisecond, false, true}},
		"a new token":                {{0, false, false}, {time.Second - 1, false, false}},
		"a token that is not so new": {{time.Second, false, true}},
		"the patience doubles": {
			{time.Second, false, true},
			{3*time.Second - 1, false, false},
			{3 * time.Second, false, true},
			{7*time.Second - 1, false, false},
			{7 * time.Second, false, true},
			{15 * time.Second, false, true},
			{31 * time.Second, false, true},
			{61*time.Second - 1, false, false},
			{61 * time.Second, false, true},
			{91*time.Second - 1, false, false},
			{91 * time.Second, false, true},
		},
		"the patience ends with a good token": {
			{time.Second, false, true},
			{3 * time.Second, true, false},
			{time.Minute, false, true},
			{61*time.Second - 1, false, false},
			{61 * time.Second, false, true},
		},
		"tokens that are good for a moment": {
			{0, true, false},
			{time.Millisecond, false, true},
			{2 * time.Millisecond, true, false},
			{3 * time.Millisecond, false, true},
			{3 * time.Millisecond, true, false},
			{128*time.Millisecond - 1, false, false},
			{128 * time.Millisecond, false, true},
			{128 * time.Millisecond, true, false},
			{378*time.Millisecond - 1, false, false},
			{378 * time.Millisecond, false, true},
			{378 * time.Millisecond, true, false},
			{2378 * time.Millisecond, false, true},
			{2378 * time.Millisecond, true, false},
			{2378 * time.Millisecond, false, true},
		},
		"tokens that are good for long": {
			{0, true, false},
			{10 * time.Second, false, true},
			{10 * time.Second, true, false},
			{20 * time.Second, false, true},
			{20 * time.Second, true, false},
			{30 * time.Second, false, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := open(t, Options{})
				s, e, api := newServer(time.Hour), c.Entry("k", Policy{}, nil), new(API)
				begin := time.Now()
				get(t, e, s, Miss)
				for _, do := range steps {
					sleepTo(begin.Add(do.at))
					l, _, err := e.Get(t.Context(), s)
					assert.NoError(t, err)
					if do.accepts {
						l.Accepted(api)
						assert.True(t, l.AcceptedBy(api))
						continue
					}
					assert.Equal(t, do.replaced, e.Rejected(l, api), do.at)
					if do.replaced {
						get(t, e, s, Miss)
					}
				}
				_, reasons := s.asked()
				for i, reason := range reasons {
					assert.Equal(t, i == 0, reason == Cold)
					assert.Equal(t, i > 0, reason == Rejected)
				}
			})
		})
	}
}

// Entries of one configuration find out together whether another token is better, and one of them tries.
func TestRejectedByManyEntries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s, api, other := open(t, Options{}), newServer(time.Hour), new(API), new(API)
		entries := make([]*Entry, 10)
		for i := range entries {
			entries[i] = c.Entry(string(rune('a'+i)), Policy{}, nil)
			get(t, entries[i], s, Miss)
			time.Sleep(time.Millisecond)
		}
		refused := func(api *API) (replaced int) {
			for _, e := range entries {
				if l := e.Current(); l != nil && e.Rejected(l, api) {
					replaced++
					get(t, e, s, Miss)
				}
			}
			return replaced
		}
		assert.Zero(t, refused(api))
		time.Sleep(time.Second)
		assert.Equal(t, 1, refused(api))
		assert.Equal(t, 1, refused(other), "another API may accept others")
		time.Sleep(time.Second)
		assert.Zero(t, refused(api), "it is not time for the next one")
		time.Sleep(time.Second)
		assert.Equal(t, 1, refused(api))
		// The API accepts one of the tokens, and then refuses all: that one is over, as are those that are older.
		time.Sleep(100 * time.Millisecond)
		entries[6].Current().Accepted(api)
		entries[4].Current().Accepted(api)
		assert.Equal(t, 5, refused(api), "the first two have just been replaced")
	})
}

func TestRejectedIsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s, api := open(t, Options{}), newServer(time.Hour), new(API)
		e := c.Entry("k", Policy{}, nil)
		get(t, e, s, Miss)
		first := e.Current()
		e.Drop(first)
		assert.True(t, e.Rejected(first, api), "nobody has it any more")
		get(t, e, s, Miss)
		assert.True(t, e.Rejected(first, api), "the next one is there")
		get(t, e, s, Hit)
	})
}

func TestAcceptedAfterARejection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s, api, other := open(t, Options{}), newServer(time.Hour), new(API), new(API)
		e := c.Entry("k", Policy{}, nil)
		get(t, e, s, Miss)
		l := e.Current()
		assert.False(t, l.Accepted(other))
		assert.False(t, l.AcceptedBy(api))
		assert.False(t, e.Rejected(l, api))
		assert.True(t, l.Accepted(api))
		assert.False(t, l.Accepted(api), "that is said once")
		assert.True(t, l.AcceptedBy(other))
	})
}

// For the race detector.
func TestRejectionsAtOnce(t *testing.T) {
	t.Parallel()
	c, s, api := open(t, Options{}), newServer(time.Hour), new(API)
	e := c.Entry("k", Policy{}, nil)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 100 {
				l, _, err := e.Get(t.Context(), s)
				assert.NoError(t, err)
				if i%2 == 0 {
					l.Accepted(api)
				} else {
					e.Rejected(l, api)
				}
			}
		})
	}
	all.Wait()
	assert.True(t, e.Current() == nil || !e.Current().ExpiresAt.IsZero())
}
