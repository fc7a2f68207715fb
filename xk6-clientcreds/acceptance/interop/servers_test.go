package interop

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
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
	unknown map[string]servers.Answer
}

// interopServers are the columns of the matrix.
var interopServers = []struct {
	name  string // in Markdown
	start func(*testing.T, servers.ClientCertificates, []servers.Registration) counterpart
}{
	{"`serve`", localCounterpart},
	{"oidc-provider", oidcProviderCounterpart},
	{"Ory Hydra", hydraCounterpart},
	{"zitadel/oidc", zitadelCounterpart},
	{"Keycloak", keycloakCounterpart},
}

// localCounterpart is the server of `k6 x clientcreds serve`.
func localCounterpart(t *testing.T, certs servers.ClientCertificates, clients []servers.Registration) counterpart {
	t.Helper()
	serve := func(change func(*authserver.Config)) *servers.Local {
		return servers.StartLocal(t, func(c *authserver.Config) {
			change(c)
			c.TLSDir, c.TokenFormat, c.Clients = certs.Dir, authserver.JWT, nil
			for _, r := range clients {
				client := authserver.Client{
					ID: r.ID, Secret: secret.New(r.Secret), Scope: r.Scope, AuthMethod: r.AuthMethod, JWKS: r.JWKS,
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
			for _, s := range []*servers.Local{server, raw, nonce} {
				n += int(s.Stats().TokenRequests.Total)
			}
			return n
		},
	}
}

func oidcProviderCounterpart(t *testing.T, certs servers.ClientCertificates,
	clients []servers.Registration,
) counterpart {
	t.Helper()
	metadata, err := json.Marshal(clients) // #nosec G117 -- a client of this test
	require.NoError(t, err)
	op := servers.StartOIDCProvider(t, certs.CA, "CLIENTS="+string(metadata), "CLIENT_CA="+certs.CA.CAFile)
	nonce := servers.StartOIDCProvider(t, certs.CA, "CLIENTS="+string(metadata), "DPOP_NONCE=1")
	return counterpart{
		issuer: op.Issuer, tokenURL: op.Issuer + "/token", caFile: certs.CA.CAFile, takes: forIssuer,
		jwt:      clientOptions{"resource": interopResource},
		variants: map[variant]string{dpopNonce: nonce.Issuer},
		counted:  func() int { return len(op.Stop(t)) + len(nonce.Stop(t)) },
	}
}

// hydraCounterpart has its introspection endpoint where its administrator's are.
func hydraCounterpart(t *testing.T, certs servers.ClientCertificates, clients []servers.Registration) counterpart {
	t.Helper()
	h := servers.StartHydra(t, certs.CA)
	server := counterpart{
		issuer: h.Issuer, tokenURL: h.Issuer + "/oauth2/token", caFile: certs.CA.CAFile, takes: forTokenEndpoint,
		jwt:     clientOptions{"audience": interopResource},
		options: clientOptions{"introspectionUrl": h.Admin + "/admin/oauth2/introspect"},
		unknown: make(map[string]servers.Answer),
	}
	for _, r := range clients {
		r.Audience = []string{interopResource}
		if answer := h.Register(t, r); answer.Status != http.StatusCreated {
			server.unknown[r.ID] = answer
		}
	}
	return server
}

func zitadelCounterpart(t *testing.T, certs servers.ClientCertificates, clients []servers.Registration) counterpart {
	t.Helper()
	issuer := servers.StartZitadel(t, certs.CA, clients)
	return counterpart{issuer: issuer, tokenURL: issuer + "/oauth/token", caFile: certs.CA.CAFile, takes: forIssuer}
}
