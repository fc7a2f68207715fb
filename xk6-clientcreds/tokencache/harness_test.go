package tokencache

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server issues tokens "1", "2", … and notes when and why each was asked for.
type server struct {
	mu      sync.Mutex
	begin   time.Time
	ttl     time.Duration // of the tokens issued from now on
	takes   time.Duration // from request to response
	err     error         // instead of a token
	at      []time.Duration
	reasons []Reason
	held    []error
	renewed func() bool // nil for credentials that nobody replaces
}

func newServer(ttl time.Duration) *server { return &server{begin: time.Now(), ttl: ttl} }

func (s *server) Fetch(ctx context.Context, reason Reason) (*oauth.Token, error) {
	s.mu.Lock()
	requestedAt := time.Now()
	s.at = append(s.at, requestedAt.Sub(s.begin))
	s.reasons = append(s.reasons, reason)
	name, ttl, takes, err := strconv.Itoa(len(s.at)), s.ttl, s.takes, s.err
	s.mu.Unlock()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err != nil {
		return nil, err
	}
	return &oauth.Token{AccessToken: secret.New(name), Type: "Bearer", RequestedAt: requestedAt, ExpiresIn: ttl}, nil
}

func (s *server) Held(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, err)
}

func (s *server) Reloaded() bool { return s.renewed != nil && s.renewed() }

// fails makes requests fail from now on, or, with nil, succeed.
func (s *server) fails(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// takesTime makes requests take d from now on.
func (s *server) takesTime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes = d
}

// asked returns when requests came and why.
func (s *server) asked() ([]time.Duration, []Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Duration(nil), s.at...), append([]Reason(nil), s.reasons...)
}

// open returns a cache that is closed at the end of the test.
func open(t *testing.T, o Options) *Cache {
	t.Helper()
	c := New(o)
	t.Cleanup(func() { c.Close(0) })
	return c
}

// get is a Get that brings a token, which it returns, with outcome want.
func get(t *testing.T, e *Entry, s *server, want Outcome) string {
	t.Helper()
	lease, outcome, err := e.Get(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, want, outcome)
	return lease.Token.AccessToken.Reveal()
}

// sleepTo sets the bubble's clock.
func sleepTo(moment time.Time) { time.Sleep(time.Until(moment)) }

func constant(x float64) func() float64 { return func() float64 { return x } }

// sourceFunc is a Source that is nothing but its Fetch.
type sourceFunc func(context.Context, Reason) (*oauth.Token, error)

func (f sourceFunc) Fetch(ctx context.Context, reason Reason) (*oauth.Token, error) {
	return f(ctx, reason)
}

func (sourceFunc) Held(error) {}

func (sourceFunc) Reloaded() bool { return false }
