package jsmodule

import (
	"context"
	"errors"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// client is a Client in one VU. What a hit touches is together: with many VUs it is not in the CPU's cache.
type client struct {
	source *tokenSource
	opts   *options

	m      *instance
	signer *oauth.DPoPSigner // of the key that tokens are bound to; nil for bearer tokens
	entry  *tokencache.Entry // without a token when cache.scope is "none"
	view   *view             // of the lease last used; nil before
	usage  usage

	sender *sender         // for senderFor; nil before
	http   *authorizedHTTP // made on the first use of a verb

	certified *certifiedTransport // of a client with a certificate; made on the first use
}

// view has the values of one lease that a VU shows its script. They are made once per lease and VU, so
// that a hit costs no allocation.
type view struct {
	lease         *tokencache.Lease
	freshUntil    time.Duration // since epoch
	expires       time.Duration // since epoch
	headers       *sobek.Object // nil until asked for
	token         sobek.Value
	authorization sobek.Value // nil until asked for
}

var errInitContext = errors.New(
	"tokens cannot be requested in the init context; use the client in the default function, setup() or teardown()")

// newClient returns this VU's client for o: the same one for the same options. The caller must not use o any more.
func newClient(m *instance, o *options) (*client, error) {
	source, err := m.process.sourceFor(o)
	if err != nil {
		return nil, err
	}
	if source.opts != o {
		o.release()
	}
	if c := m.clients[source]; c != nil {
		return c, nil
	}
	source.warnOfCertificate(time.Now())
	source.warnOfBlanks()
	c := &client{m: m, source: source, opts: source.opts}
	c.usage.client = c
	if err := c.initDPoP(); err != nil {
		return nil, err
	}
	if c.opts.Cache.Scope == scopeShared {
		c.entry = m.process.cache.Entry(source.key, c.opts.policy(), &source.refusals)
	} else {
		c.entry = m.process.cache.Own(c.opts.policy(), &source.refusals)
	}
	m.clients[source] = c
	m.process.flushAtEnd(c)
	return c, nil
}

// release gives up the client and, where it is this VU's own, the token. A script that holds on to the
// client can still use both.
func (c *client) release() {
	c.usage.release()
	c.certified.close()
	delete(c.m.clients, c.source)
}

// hit returns the view of the token at hand when it is fresh, else nil: the hot path.
func (c *client) hit(state *lib.State, now time.Duration) *view {
	v := c.view
	if v == nil || now >= v.freshUntil || c.entry.Current() != v.lease {
		return nil
	}
	c.usage.begin(state, now)
	c.usage.hit(now, v.expires)
	return v
}

// usable returns the view of a usable token, waiting for one where there is none.
func (c *client) usable() (*view, error) {
	state := c.m.vu.State()
	if state == nil {
		return nil, errInitContext
	}
	now := sinceEpoch()
	if v := c.hit(state, now); v != nil {
		return v, nil
	}
	c.usage.begin(state, now)
	return c.apply(state, now, c.lookup(c.m.vu.Context(), c.fetcher(state)))
}

// found is the answer of the cache, or of the token endpoint where nothing is cached.
type found struct {
	lease   *tokencache.Lease
	outcome tokencache.Outcome
	err     error
}

// lookup may be called on any goroutine.
func (c *client) lookup(ctx context.Context, src tokencache.Source) found {
	if c.opts.Cache.Scope == scopeNone {
		lease, err := c.entry.Once(ctx, src)
		return found{lease, tokencache.Miss, err}
	}
	lease, outcome, err := c.entry.Get(ctx, src)
	return found{lease, outcome, err}
}

// apply counts what was found and makes it the token at hand. It belongs to the VU's goroutine.
func (c *client) apply(state *lib.State, asked time.Duration, f found) (*view, error) {
	now := sinceEpoch()
	if f.outcome == tokencache.Miss {
		pushOne(state.Samples, c.m.process.metrics.TokenWait, metrics.D(now-asked), currentTags(c.opts, state))
	}
	if f.err != nil {
		return nil, f.err
	}
	if c.view == nil || c.view.lease != f.lease {
		c.view = &view{
			lease:      f.lease,
			freshUntil: f.lease.FreshUntil.Sub(epoch),
			expires:    f.lease.ExpiresAt.Sub(epoch),
			token:      c.m.vu.Runtime().ToValue(f.lease.Token.AccessToken.Reveal()),
		}
	}
	if f.outcome == tokencache.Miss {
		c.usage.miss(now, c.view.expires)
	} else {
		c.usage.hit(now, c.view.expires)
	}
	return c.view, nil
}
