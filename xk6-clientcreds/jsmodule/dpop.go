package jsmodule

import (
	"net/url"
	"time"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// The servers that can demand a nonce (RFC 9449 §8 and §9), as values of the tag server.
const (
	serverAuthorization = "authorization"
	serverResource      = "resource"
)

// initDPoP gives the client the key that its tokens are bound to (RFC 9449 §5): a new one where it has
// tokens for itself, the token source's where the virtual users share them.
func (c *client) initDPoP() (err error) {
	if !c.opts.DPoP.On || c.opts.Cache.Scope == scopeShared {
		c.signer = c.source.signer
		return nil
	}
	c.signer, err = c.opts.DPoP.newSigner()
	return asOptionError(err)
}

// proof returns a proof for a request with that token, and reports what it cost. It may be called on any
// goroutine.
func (c *client) proof(state *lib.State, method string, u *url.URL, token *oauth.Token) (string, error) {
	begin := time.Now()
	proof, err := token.DPoP.Proof(method, u, token.AccessToken.Reveal())
	if err != nil {
		return "", &oauth.Error{Code: oauth.CodeClientAuth, Description: err.Error()}
	}
	pushOne(state.Samples, c.m.process.metrics.DPoPSigning, metrics.D(time.Since(begin)), currentTags(c.opts, state))
	return proof, nil
}

// countNonceRetry counts a request to an API that was repeated with the nonce it demanded.
func (c *client) countNonceRetry(state *lib.State) {
	c.usage.total.nonceRetries.Add(1)
	c.m.process.pushNonceRetry(state.Samples, currentTags(c.opts, state), serverResource)
}

// countNonceRetry counts a token request that was repeated with the nonce it demanded.
func (s *sender) countNonceRetry() {
	s.counters.nonceRetries.Add(1)
	s.process.pushNonceRetry(s.samples, s.tags, serverAuthorization)
}

func (p *process) pushNonceRetry(to chan<- metrics.SampleContainer, tags metrics.TagsAndMeta, server string) {
	tags.Tags = tags.Tags.With(tagServer, server)
	pushOne(to, p.metrics.DPoPNonceRetries, 1, tags)
}
