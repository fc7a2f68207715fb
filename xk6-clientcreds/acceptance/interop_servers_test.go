package acceptance

import (
	"encoding/json"
	"net/http"
	"testing"

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
	// options are what every client needs here.
	options clientOptions
	// rawIssuer is the server that takes Basic credentials as they are, where it is another one.
	rawIssuer string
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

// localCounterpart is the server of `k6 x clientcreds serve`, twice: no server takes Basic
// credentials in both encodings.
func localCounterpart(t *testing.T, certs clientCertificates, clients []registration) counterpart {
	t.Helper()
	serve := func(encoding authserver.BasicEncoding) *localServer {
		return startLocalServer(t, func(c *authserver.Config) {
			c.TLSDir, c.TokenFormat, c.BasicEncoding = certs.dir, authserver.JWT, encoding
			c.Clients = nil
			for _, r := range clients {
				c.Clients = append(c.Clients, authserver.Client{
					ID: r.ID, Secret: r.Secret, Scope: r.Scope, AuthMethod: r.AuthMethod, JWKS: r.JWKS,
					Subject: authserver.CertificateSubject{DNS: r.SANDNS},
				})
			}
		})
	}
	form, raw := serve(authserver.BasicForm), serve(authserver.BasicRaw)
	e := form.Endpoints()
	return counterpart{
		issuer: e.Issuer, tokenURL: e.Token, caFile: e.CAFile, takes: forIssuer, rawIssuer: raw.Endpoints().Issuer,
		jwt: clientOptions{"resource": interopResource},
		counted: func() int {
			return int(form.Stats().TokenRequests.Total + raw.Stats().TokenRequests.Total)
		},
	}
}

func oidcProviderCounterpart(t *testing.T, certs clientCertificates, clients []registration) counterpart {
	t.Helper()
	metadata, err := json.Marshal(clients) // #nosec G117 -- a client of this test
	require.NoError(t, err)
	op := startOIDCProvider(t, certs.ca, "CLIENTS="+string(metadata), "CLIENT_CA="+certs.ca.caFile)
	return counterpart{
		issuer: op.issuer, tokenURL: op.issuer + "/token", caFile: certs.ca.caFile, takes: forIssuer,
		jwt:     clientOptions{"resource": interopResource},
		counted: func() int { return len(op.stop(t)) },
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
