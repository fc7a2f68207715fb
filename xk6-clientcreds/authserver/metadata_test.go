package authserver

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestMetadata(t *testing.T) {
	t.Parallel()
	cfg := Config{TokenFormat: JWT, Issuer: "https://login.example/tenant", Clients: []Client{
		demo, {ID: "b", Secret: secret.New("x"), Scope: "admin orders.read"},
	}, APICheck: CheckIntrospection}
	_, h := offline(t, cfg)
	a := get("/.well-known/oauth-authorization-server/tenant", "").ask(t, h)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, []string{"application/json"}, a.header["Content-Type"])
	require.JSONEq(t, `{
		"issuer": "https://login.example/tenant",
		"token_endpoint": "https://login.example/tenant/token",
		"jwks_uri": "https://login.example/tenant/jwks",
		"scopes_supported": ["admin", "orders.read", "orders.write"],
		"response_types_supported": [],
		"grant_types_supported": ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"],
		"token_endpoint_auth_signing_alg_values_supported": [
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
		],
		"dpop_signing_alg_values_supported": [
			"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
		],
		"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
		"revocation_endpoint": "https://login.example/tenant/revoke",
		"revocation_endpoint_auth_signing_alg_values_supported": [
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
		],
		"revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
		"introspection_endpoint": "https://login.example/tenant/introspect",
		"introspection_endpoint_auth_signing_alg_values_supported": [
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
		],
		"introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"]
	}`, a.body)
}

func TestMetadataPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		issuer string
		places []string
		not    []string
	}{
		{
			"",
			[]string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"},
			[]string{"/.well-known/oauth-authorization-server/"},
		},
		{
			"/a/b",
			[]string{
				"/.well-known/oauth-authorization-server/a/b", "/.well-known/openid-configuration/a/b",
				"/a/b/.well-known/oauth-authorization-server", "/a/b/.well-known/openid-configuration",
			},
			[]string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"},
		},
		{
			"https://login.example/a/", // a final slash is dropped for the place, and kept in the issuer
			[]string{"/.well-known/oauth-authorization-server/a", "/a/.well-known/openid-configuration"},
			[]string{"/a//.well-known/openid-configuration"},
		},
	} {
		t.Run("issuer "+tt.issuer, func(t *testing.T) {
			t.Parallel()
			s, h := offline(t, Config{Issuer: tt.issuer})
			for _, place := range tt.places {
				a := get(place, "").ask(t, h)
				require.Equal(t, http.StatusOK, a.status, place)
				require.Equal(t, s.Endpoints().Issuer, a.member(t, "issuer"), place)
			}
			require.Equal(t, int64(len(tt.places)), s.Stats().DiscoveryRequests)
			for _, place := range tt.not {
				require.Equal(t, http.StatusNotFound, get(place, "").ask(t, h).status, place)
			}
		})
	}
}

// TestIssuer holds that the issuer is the one that was configured, to the
// letter, and that the endpoints named are those that serve.
func TestIssuer(t *testing.T) {
	t.Parallel()
	for issuer, path := range map[string]string{"": "", "/tenant": "/tenant", "/tenant/": "/tenant"} {
		s := start(t, Config{Issuer: issuer, TokenFormat: JWT})
		e := s.Endpoints()
		var m metadata
		require.NoError(t, json.Unmarshal([]byte(get(e.Metadata, "").send(t, http.DefaultClient).body), &m))
		require.Equal(t, e.Issuer, m.Issuer)
		require.Contains(t, m.TokenEndpoint, path+"/token")
		a := post(m.TokenEndpoint, demo, clientCredentials).send(t, http.DefaultClient)
		require.Equal(t, http.StatusOK, a.status)
		token := a.member(t, "access_token")
		require.Equal(t, http.StatusOK, get(m.JWKSURI, "").send(t, http.DefaultClient).status)
		require.Contains(t, post(m.IntrospectionEndpoint, demo, "token="+token).send(t, http.DefaultClient).body,
			`"active":true`)
		require.Equal(t, http.StatusOK, post(m.RevocationEndpoint, demo, "token="+token).send(t, http.DefaultClient).status)
		require.Contains(t, post(m.IntrospectionEndpoint, demo, "token="+token).send(t, http.DefaultClient).body,
			`"active":false`)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestDocumentsAreReadOnly(t *testing.T) {
	t.Parallel()
	_, h := offline(t, Config{})
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/jwks", "/stats", "/health"} {
		a := request{method: http.MethodPost, url: path}.ask(t, h)
		require.Equal(t, http.StatusMethodNotAllowed, a.status, path)
		require.Equal(t, []string{"GET, HEAD"}, a.header["Allow"], path)
		require.Equal(t, http.StatusOK, request{method: http.MethodHead, url: path}.ask(t, h).status, path)
	}
}
