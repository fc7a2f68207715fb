package command

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/lib/fsext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// clientsIn are the clients of a file with this content.
func clientsIn(t *testing.T, name, content string) ([]authserver.Client, error) {
	t.Helper()
	f, err := fstest.MapFS{name: {Data: []byte(content)}}.Open(name)
	require.NoError(t, err)
	defer f.Close()
	file, err := clientsfile.Read(name, f)
	require.NoError(t, err)
	clients := make([]authserver.Client, file.Len())
	for i := range clients {
		if clients[i], err = clientOf(file, i); err != nil {
			return nil, err
		}
	}
	return clients, nil
}

// Names of client metadata and names of options work, and options of a pool only are ignored.
func TestClientsOfFiles(t *testing.T) {
	t.Parallel()
	a := authserver.Client{ID: "a", Secret: secret.New("x")}
	b := authserver.Client{
		ID: "b", Secret: secret.New("y"), Scope: "r w", TTL: 90 * time.Second, GrantTypes: []string{}, AuthMethod: "client_secret_post",
		DPoPBound:   true,
		DetailTypes: []string{"orders"},
	}
	c := authserver.Client{
		ID: "c", Secret: secret.New("z"), GrantTypes: []string{"client_credentials"},
		DetailTypes: []string{"orders", "stock"}, DPoPBound: true,
	}
	for name, f := range map[string]struct {
		ending, content string
		want            []authserver.Client
	}{
		"metadata": {".json", `[{"client_id": "a", "client_secret": "x"},
			{"client_id": "b", "client_secret": "y", "scope": "r w", "ttl": "90s", "grant_types": [], "token_endpoint_auth_method": "client_secret_post",
			"dpop_bound_access_tokens": true, "authorization_details_types": ["orders"]}]`, []authserver.Client{a, b}},
		"options": {".json", `{"clientId": "a", "clientSecret": "x", "dpop": false, "cache": {"scope": "none"}, "timeout": 1, "audience": "here"}
			{"clientId": "b", "clientSecret": "y", "scope": " r  w ", "ttl": "90s", "grant_types": [], "auth": "client_secret_post", "dpop": {"alg": "ES256"},
			"authorization_details_types": ["orders"], "client_name#de": "Laden"}`, []authserver.Client{a, b}},
		"CSV":           {".csv", "\ufeffclientId;clientSecret;tags.shop\na;x;berlin\n;;\n", []authserver.Client{a}},
		"CSV, metadata": {".csv", "client_id,client_secret,grant_types,authorization_details_types,dpop_bound_access_tokens\nc,z,client_credentials,orders stock,true\n", []authserver.Client{c}},
		"response": {".json", `{"client_id": "a", "client_secret": "x", "client_id_issued_at": 1, "client_secret_expires_at": 0, "jwks": {}, "owner": "", "scope": "",
			"token_endpoint_auth_method": null, "metadata": {"x": 1}}`, []authserver.Client{a}},
		"response for more grants": {".json", `{"client_id": "c", "client_secret": "z", "client_secret_expires_at": 0, "grant_types": ["authorization_code", "client_credentials"],
			"authorization_details_types": ["orders", "stock"], "dpop_bound_access_tokens": true}`, []authserver.Client{c}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := clientsIn(t, "c"+f.ending, f.content)
			require.NoError(t, err)
			require.Equal(t, f.want, got)
		})
	}
}

func TestBadClientsFile(t *testing.T) {
	t.Parallel()
	for content, problem := range map[string]string{
		"": " cannot be used: clients.json, is not a JSON array; it must be an array of objects, or objects one after " +
			"the other",
		"[}": " cannot be used: clients.json, the array does not end after client 0",
		`[]`: " is clients.json, which has no client; it must have at least one",
		`[{"client_id":"a","sceret":"topsecret"}]`:                             `: clients.json, client 1: unknown member "sceret"`,
		`[{"client_id":"a","clientScret":"topsecret"}]`:                        `: clients.json, client 1: unknown member "clientScret" (did you mean "client_secret"?)`,
		`[{"client_id":"a","client_secret":["topsecret"]}]`:                    `: clients.json, client 1: "client_secret" must be a string`,
		`[{"clientId":"a","clientSecret":{"file":"topsecret"}}]`:               `: clients.json, client 1: "clientSecret" must be a string`,
		`[{"clientId":"a","client_id":"topsecret"}]`:                           `: clients.json, client 1: "client_id" is set twice, by its metadata name and by its option name`,
		`[{"client_id":"a","dpop":"topsecret"}]`:                               `: clients.json, client 1: "dpop" must be true or false`,
		`[{"client_id":"a","grant_types":7}]`:                                  `: clients.json, client 1: "grant_types" must be an array of strings`,
		`[{"client_id":"a","jwks":{"keys":["topsecret"]}}]`:                    `: clients.json, client 1: "jwks" must be a JWK set (RFC 7517 §5)`,
		`[{"client_id":"a","client_secret":"x"}, {"client_id":"a","ttl":"1"}]`: `: clients.json, client 2: ttl is "1"; it must be a duration above 0, such as 30s or 5m`,
		`[{"client_id":"a"}]`:                                                  ` /test/clients.json: client "a" has no secret`,
		`[{"client_id":"a","client_secret":"x","ttl":"1ms"}]`:                  ` /test/clients.json: client "a": 1ms is not a lifetime of tokens; it must be whole seconds, 1s or more, such as 5m`,
		`[{"client_id":"a","client_secret":"x","token_endpoint_auth_method":"none"}]`: ` /test/clients.json: client "a": authentication method "none" is unknown; it must be one of ` +
			"client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt",
		`[{"client_id":"a","client_secret":"x","grant_types":["implicit"]}]`: ` /test/clients.json: client "a": grant type "implicit" is unknown; it must be one of client_credentials, urn:ietf:params:oauth:grant-type:token-exchange`,
	} {
		t.Run(content, func(t *testing.T) {
			t.Parallel()
			tt := serveWithFile(t, content)
			_, err := tt.rest(t)
			require.ErrorContains(t, err, "--clients"+problem)
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
	lines := tt.until(t, "# another client: CLIENT_ID=third")
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
