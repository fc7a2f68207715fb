package acceptance

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// counterpart is an authorization server that knows the clients of the matrix.
type counterpart struct {
	issuer, tokenURL string
	caFile           string
	// takes is whom the server takes assertions for.
	takes assertionAudience
	// jwt are the options of a client whose tokens are JWTs for interopResource, where it can have them.
	jwt clientOptions
	// options are the options that every client needs here.
	options clientOptions
	// variants are the issuers of the same server with another configuration, which some rows want.
	variants map[variant]string
	// counted returns the token requests that the server saw, where it can tell.
	counted func() int
	// unknown are the clients that it refused to register, with its answers, by their identifiers.
	unknown map[string]serverAnswer
}

// interopServers are the columns of the matrix.
var interopServers = []struct {
	name  string // in Markdown
	start func(*testing.T, clientCertificates, []registration) counterpart
}{
	{"`serve`", localCounterpart},
	{"oidc-provider", oidcProviderCounterpart},
	{"Ory Hydra", hydraCounterpart},
	{"zitadel/oidc", zitadelCounterpart},
}

// localCounterpart is the server of `k6 x clientcreds serve`.
func localCounterpart(t *testing.T, certs clientCertificates, clients []registration) counterpart {
	t.Helper()
	serve := func(change func(*authserver.Config)) *localServer {
		return startLocalServer(t, func(c *authserver.Config) {
			change(c)
			c.TLSDir, c.TokenFormat, c.Clients = certs.dir, authserver.JWT, nil
			for _, r := range clients {
				client := authserver.Client{
					ID: r.ID, Secret: r.Secret, Scope: r.Scope, AuthMethod: r.AuthMethod, JWKS: r.JWKS,
					Subject: authserver.CertificateSubject{DNS: r.SANDNS}, DPoPBound: r.DPoPBound, DetailTypes: r.Details,
				}
				if r.Exchange {
					client.GrantTypes = authserver.GrantTypes
				}
				c.Clients = append(c.Clients, client)
			}
		})
	}
	server := serve(func(*authserver.Config) {})
	raw := serve(func(c *authserver.Config) { c.BasicEncoding = authserver.BasicRaw })
	nonce := serve(func(c *authserver.Config) { c.DPoPNonce = time.Minute })
	e := server.Endpoints()
	return counterpart{
		issuer: e.Issuer, tokenURL: e.Token, caFile: e.CAFile, takes: forIssuer,
		jwt:      clientOptions{"resource": interopResource},
		variants: map[variant]string{rawBasic: raw.Endpoints().Issuer, dpopNonce: nonce.Endpoints().Issuer},
		counted: func() (n int) {
			for _, s := range []*localServer{server, raw, nonce} {
				n += int(s.Stats().TokenRequests.Total)
			}
			return n
		},
	}
}

func oidcProviderCounterpart(t *testing.T, certs clientCertificates, clients []registration) counterpart {
	t.Helper()
	metadata, err := json.Marshal(clients) // #nosec G117 -- a client of this test
	require.NoError(t, err)
	op := startOIDCProvider(t, certs.ca, "CLIENTS="+string(metadata), "CLIENT_CA="+certs.ca.caFile)
	nonce := startOIDCProvider(t, certs.ca, "CLIENTS="+string(metadata), "DPOP_NONCE=1")
	return counterpart{
		issuer: op.issuer, tokenURL: op.issuer + "/token", caFile: certs.ca.caFile, takes: forIssuer,
		jwt:      clientOptions{"resource": interopResource},
		variants: map[variant]string{dpopNonce: nonce.issuer},
		counted:  func() int { return len(op.stop(t)) + len(nonce.stop(t)) },
	}
}

// hydraCounterpart has its introspection endpoint where its administrator's are.
func hydraCounterpart(t *testing.T, certs clientCertificates, clients []registration) counterpart {
	t.Helper()
	h := startHydra(t, certs.ca)
	server := counterpart{
		issuer: h.issuer, tokenURL: h.issuer + "/oauth2/token", caFile: certs.ca.caFile, takes: forTokenEndpoint,
		jwt:     clientOptions{"audience": interopResource},
		options: clientOptions{"introspectionUrl": h.admin + "/admin/oauth2/introspect"},
		unknown: make(map[string]serverAnswer),
	}
	for _, r := range clients {
		r.Audience = []string{interopResource}
		if answer := h.register(t, r); answer.Status != http.StatusCreated {
			server.unknown[r.ID] = answer
		}
	}
	return server
}

func zitadelCounterpart(t *testing.T, certs clientCertificates, clients []registration) counterpart {
	t.Helper()
	issuer := startZitadel(t, certs.ca, clients)
	return counterpart{issuer: issuer, tokenURL: issuer + "/oauth/token", caFile: certs.ca.caFile, takes: forIssuer}
}
