package jsmodule

import (
	"net/http"
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
	proof, err := token.DPoP.Proof(method, u, token.AccessToken)
	if err != nil {
		return "", &oauth.Error{Code: oauth.CodeClientAuth, Description: err.Error()}
	}
	pushOne(state.Samples, c.m.process.metrics.DPoPSigning, metrics.D(time.Since(begin)), currentTags(c.opts, state))
	return proof, nil
}

// provingTransport adds a proof to every request (RFC 9449 §7.1), and repeats one, once, whose answer
// demands a nonce (§9): only here is the request known that the answer is to, be it one of a batch or one
// that a redirect led to.
type provingTransport struct {
	base  http.RoundTripper
	c     *client
	state *lib.State
	token *oauth.Token
}

// RoundTrip implements http.RoundTripper. The request is the transport's own.
func (t *provingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	first, answered := holdingFirstByte(req)
	resp, err := t.prove(first)
	again := t.repetition(req, resp)
	if again == nil {
		answered()
		return resp, err
	}
	discard(resp)
	t.c.countNonceRetry(t.state)
	return t.prove(again)
}

// prove sends req with a new proof, and learns from the answer.
func (t *provingTransport) prove(req *http.Request) (*http.Response, error) {
	target := *req.URL
	if req.Host != "" {
		target.Host = req.Host // what the server takes for its own name
	}
	proof, err := t.c.proof(t.state, req.Method, &target, t.token)
	if err != nil {
		return nil, err
	}
	req.Header[oauth.HeaderDPoP] = []string{proof}
	resp, err := t.base.RoundTrip(req)
	if resp != nil {
		t.token.DPoP.Learn(&target, resp.Header, t.token.AccessToken)
	}
	return resp, err
}

// repetition is req once more where its answer demands a nonce and gives one, else nil.
func (t *provingTransport) repetition(req *http.Request, resp *http.Response) *http.Request {
	if resp == nil || resp.StatusCode != http.StatusUnauthorized || len(resp.Header[oauth.HeaderDPoPNonce]) == 0 ||
		!oauth.DemandsNonce(resp.Header[headerChallenge]) {
		return nil
	}
	again := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return again
	}
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	again.Body = body
	return again
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
