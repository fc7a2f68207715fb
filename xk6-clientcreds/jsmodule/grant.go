package jsmodule

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// grant is one configuration's way to tokens: the part of a Client that the VUs share.
type grant struct {
	key     string
	opts    *options
	process *process
	prover  *oauth.Prover // of the tokens that VUs share and that are bound to a key; else nil
	// certificate is shown in TLS handshakes; nil with methods that have none.
	certificate *oauth.ClientCertificate
	credentials atomic.Pointer[credentials] // never nil
	rotation    rotation
	refusals    tokencache.Hold // of all VUs
	clock       serverClock
	apis        apis
	succession  *succession // never nil
}

func newGrant(p *process, key string, o *options) (*grant, error) {
	if err := o.checkEndpoints(); err != nil {
		return nil, err
	}
	// Everything but the endpoint and k6's user agent is known, and checked, in the init context.
	if o.Issuer != "" {
		if err := oauth.CheckIssuer(o.Issuer); err != nil {
			return nil, err
		}
	}
	if err := o.readPlaces(&p.places); err != nil {
		return nil, err
	}
	certificate, err := o.clientCertificate()
	if err != nil {
		return nil, err
	}
	g := &grant{key: key, opts: o, process: p, certificate: certificate, succession: p.successions.of(o)}
	if o.DPoP.On && (o.Cache.Scope == scopeShared || o.DPoP.Text != "") { // the script's key is looked at once
		if g.prover, err = o.DPoP.newProver(); err != nil {
			return nil, err
		}
	}
	first, err := g.newCredentials(o)
	if err != nil {
		return nil, err
	}
	g.credentials.Store(first)
	return g, nil
}

// config is the token request that the options describe, with these credentials.
func (g *grant) config(c *credentials, endpoint, userAgent string) oauth.Config {
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
		Auth:                 c.auth,
		Scope:                o.Scope,
		Audience:             o.Audience,
		Resource:             o.Resource,
		AuthorizationDetails: o.AuthorizationDetails,
		Exchange:             o.exchange(),

		Params:      url.Values(o.Params),
		Header:      header,
		Certificate: g.certificate,
	}
}

// client returns the token endpoint's client with these credentials. The first caller makes it,
// after discovery when the script gave an issuer.
func (g *grant) client(ctx context.Context, c *credentials, s *sender) (*oauth.Client, error) {
	if client := c.client.Load(); client != nil {
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
	client, err := oauth.NewClient(g.config(c, tokenURL, s.userAgent))
	if err != nil {
		return nil, err
	}
	c.client.CompareAndSwap(nil, client)
	return c.client.Load(), nil
}

// request asks for a token, with the retries that r allows, and once more when the server refuses
// the credentials and there are new ones. It reports every attempt through s, then to observe,
// which may be nil.
func (g *grant) request(
	ctx context.Context, s *sender, reason tokencache.Reason, r oauth.Retry, observe func(oauth.Attempt),
) (*oauth.Token, error) {
	var sent [2]int // of each of the two requests of a token exchange
	for renewed := false; ; renewed = true {
		used := g.credentials.Load()
		client, err := g.client(ctx, used, s)
		if err != nil {
			s.reportUnsent(err, reason)
			return nil, err
		}
		if s.prover != nil {
			client = client.BoundTo(s.prover)
		}
		before := sent
		end := g.succession.begin()
		token, err := client.GrantWithRetry(ctx, s.do, r, func(a oauth.Attempt) {
			n := 0
			if a.Grant == oauth.GrantTokenExchange {
				n = 1
			}
			a.Number += before[n]
			sent[n] = a.Number
			s.report(a, reason)
			if observe != nil {
				observe(a)
			}
		})
		end(token)
		if renewed || !g.renewed(used, err, s) {
			g.rotation.note(used, err)
			return token, err
		}
	}
}
