package jsmodule

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// grant is one configuration's way to tokens: the part of a Client that the VUs share.
type grant struct {
	key     string
	opts    *options
	process *process
	auth    oauth.ClientAuth
	prover  *oauth.Prover // of the tokens that VUs share and that are bound to a key; else nil
	// certificate is shown in TLS handshakes; nil with methods that have none.
	certificate *oauth.ClientCertificate

	mu     sync.RWMutex
	client *oauth.Client // nil until the first token request

	endpoints endpoints
	clock     serverClock
}

func newGrant(p *process, key string, o *options) (*grant, error) {
	if err := o.checkEndpoints(); err != nil {
		return nil, err
	}
	// Everything but the endpoint and k6's user agent is known, and checked, in the init context.
	endpoint := o.TokenURL
	if o.Issuer != "" {
		if err := oauth.CheckIssuer(o.Issuer); err != nil {
			return nil, err
		}
		endpoint = o.Issuer
	}
	p.redactor.Secret(o.ClientID, o.ClientSecret)
	for _, s := range slices.Concat(o.Key.secrets(), o.Certificate.secrets(), secretsOfKey(o.DPoP.Text)) {
		p.redactor.Secret(o.ClientID, s)
	}
	auth, err := o.clientAuth()
	if err != nil {
		return nil, err
	}
	certificate, err := o.clientCertificate()
	if err != nil {
		return nil, err
	}
	g := &grant{key: key, opts: o, process: p, auth: hidden(auth, p.redactor), certificate: certificate}
	if o.DPoP.On && o.Cache.Scope == scopeShared {
		if g.prover, err = o.DPoP.newProver(); err != nil {
			return nil, err
		}
	}
	if _, err := oauth.NewClient(g.config(endpoint, "")); err != nil {
		return nil, err
	}
	return g, nil
}

// config is the token request that the options describe.
func (g *grant) config(endpoint, userAgent string) oauth.Config {
	o := g.opts
	header := make(http.Header, len(o.Headers)+1)
	if userAgent != "" {
		header.Set("User-Agent", userAgent)
	}
	for name, value := range o.Headers {
		header.Set(name, value)
	}
	return oauth.Config{
		TokenURL:             endpoint,
		ClientID:             o.ClientID,
		Auth:                 g.auth,
		Scope:                o.Scope,
		Audience:             o.Audience,
		Resource:             o.Resource,
		AuthorizationDetails: o.AuthorizationDetails,

		Params:      url.Values(o.Params),
		Header:      header,
		Certificate: g.certificate,
	}
}

// endpoint returns the token endpoint's client, which asks for tokens that are bound to the key of s
// where it has one.
func (g *grant) endpoint(ctx context.Context, s *sender) (*oauth.Client, error) {
	client, err := g.unbound(ctx, s)
	if err != nil || s.prover == nil {
		return client, err
	}
	return client.BoundTo(s.prover), nil
}

// unbound is endpoint without a key. The first caller makes it, after discovery when the script gave
// an issuer.
func (g *grant) unbound(ctx context.Context, s *sender) (*oauth.Client, error) {
	g.mu.RLock()
	client := g.client
	g.mu.RUnlock()
	if client != nil {
		return client, nil
	}
	tokenURL := g.opts.TokenURL
	if g.opts.Issuer != "" {
		metadata, err := g.metadata(ctx, s)
		if err != nil {
			return nil, err
		}
		tokenURL = metadata.TokenEndpoint
	}
	client, err := oauth.NewClient(g.config(tokenURL, s.userAgent))
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.client == nil {
		g.client = client
	}
	return g.client, nil
}

// request asks for a token, with the retries that r allows, and reports every attempt through s.
func (g *grant) request(ctx context.Context, s *sender, reason tokencache.Reason, r oauth.Retry) (*oauth.Token, error) {
	client, err := g.endpoint(ctx, s)
	if err != nil {
		s.reportUnsent(err, reason)
		return nil, err
	}
	return client.GrantWithRetry(ctx, s.do, r, func(a oauth.Attempt) { s.report(a, reason) })
}
