package tokencache

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// Source is where the tokens of an Entry come from.
type Source interface {
	// Fetch requests a token. For Get it runs on a goroutine of the Cache, and ctx ends when the Cache
	// is closed.
	Fetch(ctx context.Context, reason Reason) (*oauth.Token, error)
	// Held is called once for a call that finds requests held back after err.
	Held(err error)
	// Reloaded reports whether other credentials than those that were refused are at hand. It is called
	// now and then while the call is held back.
	Reloaded() bool
}

// Reason is why a token is asked for.
type Reason string

// The reasons of a Cache.
const (
	Cold     Reason = "cold"     // there was none
	Expired  Reason = "expired"  // the last one had expired
	Early    Reason = "early"    // the last one is valid, but no longer fresh
	Rejected Reason = "rejected" // the last one was dropped
)

// ErrClosed is returned when the Cache has been closed.
var ErrClosed = errors.New("the token cache is closed: the test is over")

// Options of a Cache. The zero value is ready to use.
type Options struct {
	// Rand returns a random number from 0 to 1; math/rand/v2 by default.
	Rand func() float64
	// Warn is called with what the user should know, once per Policy; nil drops it. It must not
	// use the Cache.
	Warn func(msg string)
}

// Cache holds Entries and owns the flights of all of them. It is safe for concurrent use.
type Cache struct {
	options Options
	life    context.Context
	end     context.CancelFunc
	closing chan struct{}
	flights sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	entries map[string]*Entry
	warned  map[warning]bool
}

// warning is one kind of warning about one policy.
type warning struct {
	policy Policy
	kind   string
}

// The kinds of warnings.
const (
	leewayCut  = "leeway cut"
	noLifetime = "no lifetime"
)

// New returns an empty Cache. Close it, or its flights outlive it.
func New(o Options) *Cache {
	if o.Rand == nil {
		o.Rand = rand.Float64 // #nosec G404 -- spreads load, protects nothing
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	c := &Cache{options: o, closing: make(chan struct{}), entries: make(map[string]*Entry), warned: make(map[warning]bool)}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// Entry returns the entry of that key, making it with policy p where there is none. The key must
// hold everything that changes the token. After a refusal all entries with the same refusals are held
// back; an entry without has them for itself.
func (c *Cache) Entry(key string, p Policy, refusals *Hold) *Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		e = c.Own(p, refusals)
		c.entries[key] = e
	}
	return e
}

// Own returns a new entry without a key, whose tokens only its holder gets.
func (c *Cache) Own(p Policy, refusals *Hold) *Entry {
	if refusals == nil {
		refusals = new(Hold)
	}
	return &Entry{cache: c, policy: p, refusals: refusals, reason: Cold}
}

// Close ends the cache: flights may go on for grace, are then canceled, and Close returns when
// all have ended. From now on Get returns what is there and asks for nothing.
func (c *Cache) Close(grace time.Duration) {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.closing)
	}
	c.mu.Unlock()
	timer := time.AfterFunc(grace, c.end)
	defer timer.Stop()
	c.flights.Wait()
	c.end()
}

// launch runs f as a flight, unless the cache is closed.
func (c *Cache) launch(f func(ctx context.Context)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.flights.Go(func() { f(c.life) })
	return true
}

// warn calls Warn once per kind of warning and policy, and not once per entry.
func (c *Cache) warn(p Policy, kind string, msg string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := (warning{p, kind}); !c.warned[w] {
		c.warned[w] = true
		c.options.Warn(msg)
	}
}
