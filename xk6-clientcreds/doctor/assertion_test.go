package doctor

import (
	"crypto"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// longSecret is long enough for HS256.
const longSecret = "0123456789-a-long-secret-abcdefgh"

// newKey returns a private key as the doctor has it, and the public one as the server has it.
func newKey(t *testing.T, kid string) (*oauth.SigningKey, jose.JSONWebKeySet) {
	t.Helper()
	key := testkit.Key(t, "ES256")
	return signingKey(t, key, "", kid), jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: key.Public(), KeyID: kid,
		Use: "sig",
	}}}
}

func signingKey(t *testing.T, key crypto.Signer, algorithm, kid string) *oauth.SigningKey {
	t.Helper()
	parsed, err := oauth.ParseSigningKey(testkit.KeyPEM(t, key), algorithm, kid)
	require.NoError(t, err)
	return parsed
}

// grants are the statuses of the checks of that section.
func (r *Report) grants() map[string]Status {
	found := make(map[string]Status)
	for _, c := range r.Checks {
		if id, ok := strings.CutPrefix(c.ID, "grant."); ok {
			found[id] = c.Status
		}
	}
	return found
}

func TestAssertions(t *testing.T) {
	t.Parallel()
	key, public := newKey(t, "first")
	other, _ := newKey(t, "first")
	for name, c := range map[string]struct {
		client   authserver.Client
		doctor   func(*Config)
		want     map[string]Status
		requests int
	}{
		"client_secret_jwt": {
			authserver.Client{Secret: secret.New(longSecret), AuthMethod: "client_secret_jwt"},
			func(c *Config) { c.Auth = "client_secret_jwt" },
			map[string]Status{"configured": OK, "other": Skipped},
			DefaultGrants,
		},
		"private_key_jwt, without a secret": {
			authserver.Client{JWKS: public},
			func(c *Config) { c.Auth, c.Key = "private_key_jwt", key },
			map[string]Status{"configured": OK, "other": Skipped},
			DefaultGrants,
		},
		"private_key_jwt, all methods without a secret": {
			authserver.Client{JWKS: public},
			func(c *Config) { c.Auth, c.Key, c.AllMethods = "private_key_jwt", key, true },
			map[string]Status{
				"configured": OK, "client_secret_basic_form": Skipped, "client_secret_basic_raw": Skipped,
				"client_secret_post": Skipped,
				"client_secret_jwt":  Skipped, "tls_client_auth": Skipped, "self_signed_tls_client_auth": Skipped,
			},
			DefaultGrants,
		},
		"all methods, of which all work": {
			authserver.Client{Secret: secret.New(longSecret), JWKS: public},
			func(c *Config) { c.Key, c.AllMethods = key, true },
			map[string]Status{
				"configured": OK, "basic_encoding": OK, "client_secret_basic_raw": Skipped, "client_secret_post": OK,
				"client_secret_jwt": OK,
				"private_key_jwt":   OK, "tls_client_auth": Skipped, "self_signed_tls_client_auth": Skipped,
			},
			DefaultGrants + 3,
		},
		"all methods, of which the key works": {
			authserver.Client{Secret: secret.New(longSecret), JWKS: public, AuthMethod: "private_key_jwt"},
			func(c *Config) { c.Key, c.AllMethods = key, true },
			map[string]Status{
				"configured": Failed, "basic_encoding": OK, "client_secret_basic_raw": Skipped, "client_secret_post": Info,
				"client_secret_jwt": Info,
				"private_key_jwt":   OK, "tls_client_auth": Skipped, "self_signed_tls_client_auth": Skipped,
			},
			4,
		},
		"another key": {
			authserver.Client{JWKS: public},
			func(c *Config) { c.Auth, c.Key = "private_key_jwt", other },
			map[string]Status{"configured": Failed, "other": Skipped, "audience": Info},
			2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := serve(t, func(s *authserver.Config) {
				c.client.ID, c.client.Scope = testID, s.Clients[0].Scope
				s.Clients[0] = c.client
			})
			r := x.examine(t, c.doctor)
			require.Equal(t, c.want, r.grants())
			require.EqualValues(t, c.requests, x.server.Stats().TokenRequests.Total, "what is skipped is not sent")
		})
	}
}

// What an assertion is refused for is not told by servers: the hint says what was sent.
func TestRefusedAssertion(t *testing.T) {
	t.Parallel()
	_, public := newKey(t, "")
	rs := testkit.NewKey(t, "RS256")
	x := serve(t, func(s *authserver.Config) {
		s.Clients[0].JWKS, s.Clients[0].Secret = public, secret.New(longSecret)
		s.TokenMiddleware = []authserver.Middleware{answers(func(h http.Header, _ map[string]any) {
			h.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		})}
	})
	r := x.examine(t, func(c *Config) { c.Auth, c.Key = "private_key_jwt", signingKey(t, rs, "PS384", "rs") })
	r.isOnly(t, map[string]Status{"grant.configured": Failed, "clock.date": Warning})
	refused := r.get(t, "grant.configured")
	require.Equal(t, "check CLIENT_ID, KEY_ID, that the server has the public key of CLIENT_KEY_FILE, that it takes "+
		"PS384 for this client and "+
		x.cfg.Issuer+" as the audience (aud), and the clocks of both sides; --all-methods tries the other methods too, "+
		"each a login that may fail", refused.Hint)
	require.Equal(t, map[string]any{
		"method": "private_key_jwt", "encoding": "", "algorithm": "PS384", "audience": x.cfg.Issuer,
		"error": "invalid_client", "http_status": 401,
	}, refused.Data)
	require.Contains(t, r.get(t, "clock.date").Hint, "and the server assertions")

	r = x.examine(t, func(c *Config) { c.Auth, c.ClientSecret = "client_secret_jwt", secret.New(longSecret+"x") })
	require.Contains(t, r.get(t, "grant.configured").Hint,
		"check CLIENT_ID and CLIENT_SECRET, that it takes HS256 for this client")
	r = x.examine(t, func(c *Config) { c.ClientSecret = secret.New("wrong") })
	require.NotContains(t, r.ids(), "clock.date", "a wrong clock is no reason to refuse a secret")
}

// A server that takes assertions for its token endpoint only: the doctor finds out, and names the variable.
func TestAudienceThatTheServerWants(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t, "")
	o := observe(t, 100, "private_key_jwt")
	o.wants = "/token"
	cfg := Config{Issuer: o.URL, ClientID: testID, Key: key, Auth: "private_key_jwt"}
	r := examine(t, cfg)
	r.isOnly(t, map[string]Status{"grant.configured": Failed})
	audience := r.get(t, "grant.audience")
	require.Equal(t, OK, audience.Status)
	require.Equal(t, "set ASSERTION_AUDIENCE="+o.URL+"/token", audience.Hint)
	require.Len(t, o.assertions, 2, "one more login that may fail, and no other")

	cfg.AssertionAudience = o.URL + "/token"
	r = examine(t, cfg)
	require.Equal(t, OK, r.get(t, "grant.configured").Status)
	require.NotContains(t, r.ids(), "grant.audience")

	o.wants = "/elsewhere"
	o.assertions = nil
	r = examine(t, cfg)
	require.Equal(t, Failed, r.get(t, "grant.configured").Status)
	require.NotContains(t, r.ids(), "grant.audience", "what is configured is not second-guessed")
	require.Len(t, o.assertions, 1)
}

// observer is a server that keeps the assertions it gets, and answers with them.
type observer struct {
	*httptest.Server

	mu         sync.Mutex
	assertions []string
	wants      string // path of the only audience that it takes; empty for any
}

func observe(t *testing.T, grants int, offered ...string) *observer {
	t.Helper()
	o := new(observer)
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "well-known") {
			_ = json.NewEncoder(w).Encode(map[string]any{
				"issuer": o.URL, "token_endpoint": o.URL + "/token", "token_endpoint_auth_methods_supported": offered,
			})
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		jwt := r.FormValue("client_assertion")
		o.assertions = append(o.assertions, jwt)
		w.Header().Set("RateLimit-Policy", jwt)
		answer := map[string]any{"access_token": "opaque-0123456789", "token_type": "Bearer", "expires_in": 60, "scope": jwt}
		if len(o.assertions) > grants || (o.wants != "" && audienceOf(jwt) != o.URL+o.wants) {
			w.WriteHeader(http.StatusUnauthorized)
			answer = map[string]any{"error": "invalid_client", "error_description": "this is wrong: " + jwt}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(o.Close)
	return o
}

// audienceOf is the aud claim of an assertion.
func audienceOf(jwt string) any {
	signed, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.ES256, jose.HS256})
	if err != nil {
		return err
	}
	var claims map[string]any
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return err
	}
	return claims["aud"]
}

// audiences are the aud claims of all assertions, each of which has to have another jti.
func (o *observer) audiences(t *testing.T) []any {
	t.Helper()
	seen, found := make(map[any]bool), make(map[any]bool)
	for _, jwt := range o.assertions {
		signed, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.ES256, jose.HS256})
		require.NoError(t, err)
		var claims map[string]any
		require.NoError(t, json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims))
		require.Equal(t, testID, claims["sub"])
		found[claims["aud"]], seen[claims["jti"]] = true, true
	}
	require.Len(t, seen, len(o.assertions))
	return slices.Collect(maps.Keys(found))
}

func TestAudienceOfAssertions(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t, "")
	o := observe(t, 100, "private_key_jwt")
	examine(t, Config{Issuer: o.URL, ClientID: testID, Key: key, Auth: "private_key_jwt"})
	require.Len(t, o.assertions, DefaultGrants)
	require.Equal(t, []any{o.URL}, o.audiences(t))

	o = observe(t, 100)
	r := examine(t, Config{TokenURL: o.URL + "/token?tenant=1", ClientID: testID, Key: key, Auth: "private_key_jwt"})
	require.Equal(t, []any{o.URL + "/token?tenant=1"}, o.audiences(t))
	require.Equal(t, o.URL+"/token", r.get(t, "grant.configured").Data["audience"], "a query may be secret")
}

// A server may answer with the assertion that it got: that is in nothing that is written.
func TestNoAssertionIsWritten(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t, "")
	for _, grants := range []int{0, 1} {
		o := observe(t, grants, "private_key_jwt", "client_secret_jwt")
		report := examine(t, Config{
			Issuer: o.URL, ClientID: testID, ClientSecret: secret.New(longSecret), Key: key,
			Auth: "private_key_jwt", AllMethods: true,
		})
		var out strings.Builder
		require.NoError(t, report.WriteText(&out, false))
		require.NoError(t, report.WriteJSON(&out))
		require.Contains(t, out.String(), "this is wrong: ***REDACTED***")
		require.GreaterOrEqual(t, len(o.assertions), 2, "also the assertions of the other methods")
		for _, jwt := range o.assertions {
			for _, part := range append(strings.Split(jwt, ".")[1:], jwt) {
				require.NotContains(t, out.String(), part)
			}
		}
	}
}

// The method that is proposed is best one that there are credentials for.
func TestProposedMethod(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t, "")
	for name, c := range map[string]struct {
		key     *oauth.SigningKey
		offered []string
		hint    string
	}{
		"with its key": {key, []string{"client_secret_jwt", "private_key_jwt"}, "set AUTH=private_key_jwt"},
		"without a key": {
			nil,
			[]string{"private_key_jwt"},
			"set AUTH=private_key_jwt; CLIENT_KEY_FILE is not set; set it to the file of the client's private key, PEM or JWK",
		},
		"certificate": {
			key,
			[]string{"tls_client_auth"},
			"set AUTH=tls_client_auth; CLIENT_CERTIFICATE_FILE is not set; set it to the file of the client's certificate, " +
				"PEM, and set CLIENT_KEY_FILE to the file of its private key",
		},
		"unknown here": {
			nil,
			[]string{"attest_jwt_client_auth"},
			"the grant below shows whether the server takes it all the same",
		},
	} {
		e := &run{
			cfg: Config{ClientID: testID, ClientSecret: secret.New(testSecret), Key: c.key}, method: methods[0],
			metadata: metadataOf(c.offered...),
		}
		r := e.checkMethod()
		require.Equal(t, Warning, r.Status, name)
		require.Equal(t, c.hint, r.Hint, name)
	}
}
