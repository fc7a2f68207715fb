package jsmodule

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"

	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// tokenSource requests the tokens of one configuration: it is the part of a Client that the VUs share.
type tokenSource struct {
	key     string
	opts    *options
	process *process
	signer  *oauth.DPoPSigner // of the tokens that VUs share and that are bound to a key; else nil
	// certificate is shown in TLS handshakes; nil with methods that have none.
	certificate *oauth.ClientCertificate
	credentials atomic.Pointer[credentials] // never nil
	rotation    rotation
	refusals    tokencache.Hold             // of all VUs
	clock       atomic.Pointer[oauth.Clock] // what the token endpoint last said about its clock; nil before
	apis        apis
	succession  *succession // never nil
	allowance   *allowance
}

func newTokenSource(p *process, key string, o *options) (*tokenSource, error) {
	if err := o.checkEndpoints(); err != nil {
		return nil, err
	}
	// Everything but the endpoint and k6's user agent is known, and checked, in the init context.
	if o.Issuer != "" {
		if err := oauth.CheckIssuer(o.Issuer); err != nil {
			return nil, asOptionError(err)
		}
	}
	if err := o.checkHosts(p.hosts); err != nil {
		return nil, err
	}
	if err := o.readSecrets(&p.secrets); err != nil {
		return nil, err
	}
	certificate, err := o.clientCertificate()
	if err != nil {
		return nil, asOptionError(err)
	}
	t := &tokenSource{
		key: key, opts: o, process: p, certificate: certificate, succession: p.successions.of(o),
		allowance: o.allowance(),
	}
	if o.DPoP.On && (o.Cache.Scope == scopeShared || !o.DPoP.Text.IsZero()) { // the script's key is looked at once
		if t.signer, err = o.DPoP.newSigner(); err != nil {
			return nil, asOptionError(err)
		}
	}
	first, err := t.newCredentials(o)
	if err != nil {
		return nil, err
	}
	t.credentials.Store(first)
	return t, nil
}

// config is the token request that the options describe, with these credentials.
func (t *tokenSource) config(c *credentials, endpoint, userAgent string) oauth.Config {
	o := t.opts
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
		Auth:                 c.auth,
		Scope:                o.Scope,
		Audience:             o.Audience,
		Resource:             o.Resource,
		AuthorizationDetails: o.AuthorizationDetails,
		Exchange:             o.exchange(),

		Params:      url.Values(o.Params),
		Header:      header,
		Certificate: t.certificate,
	}
}

// client returns the token endpoint's client with these credentials. The first caller makes it,
// after discovery when the script gave an issuer.
func (t *tokenSource) client(ctx context.Context, c *credentials, s *sender) (*oauth.Client, error) {
	if client := c.client.Load(); client != nil {
		return client, nil
	}
	tokenURL := t.opts.TokenURL
	if t.opts.Issuer != "" {
		metadata, err := t.metadata(ctx, s)
		if err != nil {
			return nil, err
		}
		tokenURL = metadata.TokenEndpoint
	}
	client, err := oauth.NewClient(t.config(c, tokenURL, s.userAgent))
	if err != nil {
		return nil, asOptionError(err)
	}
	c.client.CompareAndSwap(nil, client)
	return c.client.Load(), nil
}

// boundClient is client for tokens that are bound to the sender's key, if it has one.
func (t *tokenSource) boundClient(ctx context.Context, c *credentials, s *sender) (*oauth.Client, error) {
	client, err := t.client(ctx, c, s)
	if err != nil || s.signer == nil {
		return client, err
	}
	return client.WithDPoP(s.signer), nil
}

// request requests a token, with the retries that r allows, and with new credentials if the server
// refuses the ones at hand and there are others. o observes every attempt.
func (t *tokenSource) request(ctx context.Context, o *observer, r oauth.Retry) (*oauth.Token, error) {
	used := t.credentials.Load()
	client, err := t.boundClient(ctx, used, o.sender)
	if err != nil {
		o.unsent(err)
		return nil, err
	}
	r.Replace = func(refusal *oauth.Error) *oauth.Client {
		if !t.reloadCredentials(used, refusal, o.sender) {
			return nil
		}
		used = t.credentials.Load()
		replaced, err := t.boundClient(ctx, used, o.sender)
		if err != nil {
			o.unsent(err)
			return nil
		}
		return replaced
	}
	flight := t.succession.begin()
	token, err := client.TokenWithRetry(ctx, o, r, o.attempt)
	flight.end(token)
	if err != nil {
		t.rotation.note(used, err)
	}
	return token, err
}

// observe returns the observer of one request through s.
func (t *tokenSource) observe(s *sender, reason tokencache.Reason) *observer {
	return &observer{sender: s, reason: reason, clock: &t.clock, allowance: t.allowance}
}

// fetcher lets the cache request tokens over one VU's transport and with its tags.
type fetcher struct {
	client *client
	sender *sender
}

// fetcher must be called on the VU's goroutine.
func (c *client) fetcher(state *lib.State) *fetcher { return &fetcher{c, c.newSender(state)} }

// Fetch implements tokencache.Source.
func (f *fetcher) Fetch(ctx context.Context, reason tokencache.Reason) (*oauth.Token, error) {
	source := f.client.source
	return source.request(ctx, source.observe(f.sender, reason), source.opts.retry(true))
}

// Held implements tokencache.Source.
func (f *fetcher) Held(err error) { f.sender.countHeld(err) }

// Reloaded implements tokencache.Source.
func (f *fetcher) Reloaded() bool { return f.client.source.reloadedSinceRefusal(f.sender) }
