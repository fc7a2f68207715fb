package command

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/lib/fsext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestParseClients(t *testing.T) {
	t.Parallel()
	got, err := parseClients([]byte(`[
		{"client_id": "a", "client_secret": "x"},
		{"client_id": "b", "client_secret": "y", "scope": "r w", "ttl": "90s", "grant_types": [], "token_endpoint_auth_method": "client_secret_post", "dpop_bound_access_tokens": true, "authorization_details_types": ["orders"]}
	]`))
	require.NoError(t, err)
	require.Equal(t, []authserver.Client{
		{ID: "a", Secret: "x"},
		{ID: "b", Secret: "y", Scope: "r w", TTL: 90 * time.Second, GrantTypes: []string{}, AuthMethod: "client_secret_post", DPoPBound: true, DetailTypes: []string{"orders"}},
	}, got)
}

func TestBadClientsFile(t *testing.T) {
	t.Parallel()
	const want = "; want a JSON array of objects with client_id, client_secret, jwks, scope, ttl, grant_types, token_endpoint_auth_method, dpop_bound_access_tokens, authorization_details_types, " +
		"tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email"
	for content, problem := range map[string]string{
		"":   "EOF" + want,
		"{}": "json: cannot unmarshal object into Go value of type []command.clientEntry" + want,
		"[}": "invalid character '}' looking for beginning of value" + want,
		`[{"client_id":"a","sceret":"topsecret"}]`:          `json: unknown field "sceret"` + want,
		`[{"client_id":"a","client_secret":["topsecret"]}]`: "json: cannot unmarshal array into Go struct field clientEntry.client_secret of type string" + want,
		`[] []`: "there is more after the array of clients; want one array",
		`[]`:    "the file has no client, want at least one",
		`[{"client_id":"a","client_secret":"x","ttl":"1"}]`:   `client number 1: ttl is "1": want a duration above 0, such as 30s or 5m`,
		`[{"client_id":"a"}]`:                                 `client "a" has no secret`,
		`[{"client_id":"a","client_secret":"x","ttl":"1ms"}]`: `client "a": 1ms is not a lifetime of tokens, want whole seconds, 1s or more, such as 5m`,
		`[{"client_id":"a","client_secret":"x","token_endpoint_auth_method":"none"}]`: `client "a": authentication method "none" is unknown, want ` +
			"client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt",
		`[{"client_id":"a","client_secret":"x","grant_types":["implicit"]}]`: `client "a": grant type "implicit" is unknown, want client_credentials, urn:ietf:params:oauth:grant-type:token-exchange`,
	} {
		t.Run(content, func(t *testing.T) {
			t.Parallel()
			tt := serveWithFile(t, content)
			_, err := tt.rest(t)
			require.ErrorContains(t, err, "--clients ")
			require.ErrorContains(t, err, "clients.json: "+problem)
			require.NotContains(t, err.Error(), "topsecret")
			require.Equal(t, 104, exitCode(err))
		})
	}
}

// serveWithFile serves the clients of a file with this content.
func serveWithFile(t *testing.T, content string, args ...string) *terminal {
	t.Helper()
	const path = "/test/clients.json"
	return serveAs(t, func(tt *terminal) {
		require.NoError(t, fsext.WriteFile(tt.state.FS, path, []byte(content), 0o600))
	}, append([]string{"--clients", path}, args...)...)
}

// TestClientsOfFileAndFlags holds that scripts get the first client of the file,
// and that the others are registered too.
func TestClientsOfFileAndFlags(t *testing.T) {
	t.Parallel()
	tt := serveWithFile(t, `[{"client_id":"first","client_secret":"top secret","scope":"a"},{"client_id":"second","client_secret":"x"}]`, "--client", "third")
	lines := tt.until(t, "# another client: CLIENT_ID='third'")
	env := exported(lines)
	require.Equal(t, "first", env["CLIENT_ID"])
	require.Equal(t, "a", env["SCOPE"])
	env["CLIENT_SECRET"] = "top secret"
	require.NoError(t, loadOnce(func(name string) string { return env[name] }))
	env["CLIENT_ID"], env["CLIENT_SECRET"], env["SCOPE"] = "second", "x", ""
	require.NoError(t, loadOnce(func(name string) string { return env[name] }))
	tt.signals <- os.Interrupt
	_, err := tt.rest(t)
	require.NoError(t, err)
}

func TestNoClientsFile(t *testing.T) {
	t.Parallel()
	_, err := serveWith(t, nil, "--clients", "/no/such/file").rest(t)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "--clients: ")
	require.Equal(t, 104, exitCode(err))
}
