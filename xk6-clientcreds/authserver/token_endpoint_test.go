package authserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

const clientCredentials = "grant_type=client_credentials"

// postBody makes a token request with everything in the body.
func postBody(parameters ...string) request { return post("/token", Client{}, parameters...) }

func (q request) with(name string, values ...string) request {
	q.header = q.header.Clone()
	q.header[name] = values
	return q
}

var demoSecret = "client_secret=" + url.QueryEscape(demo.Secret.Reveal())

func TestTokenResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		q     request
		scope string
	}{
		{"client_secret_basic", post("/token", demo, clientCredentials), "orders.read orders.write"},
		{"client_secret_post", postBody(clientCredentials, "client_id=demo", demoSecret), "orders.read orders.write"},
		{"client_id beside basic", post("/token", demo, clientCredentials, "client_id=demo"), "orders.read orders.write"},
		{"a scope", post("/token", demo, clientCredentials, "scope=orders.read"), "orders.read"},
		{
			"all scopes in another order", post("/token", demo, clientCredentials, "scope=orders.write+orders.read"),
			"orders.write orders.read",
		},
		{"a repeated scope", post("/token", demo, clientCredentials, "scope=orders.read%20orders.read"), "orders.read"},
		{
			"an empty parameter counts as left out", post("/token", demo, clientCredentials, "scope=", "scope=orders.read"),
			"orders.read",
		},
		{"unknown parameters are ignored", post("/token", demo, clientCredentials, "foo=bar"), "orders.read orders.write"},
		{
			"a charset in the content type", post("/token", demo, clientCredentials).
				with("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
			"orders.read orders.write",
		},
		{
			"the scheme in lower case", post("/token", demo, clientCredentials).
				with("Authorization", "basic "+strings.TrimPrefix(basic("demo", url.QueryEscape(demo.Secret.Reveal())), "Basic ")),
			"orders.read orders.write",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, h := offline(t, Config{TTL: time.Minute})
			a := tt.q.ask(t, h)
			require.Equal(t, http.StatusOK, a.status, a.body)
			require.Equal(t, []string{"application/json"}, a.header["Content-Type"])
			require.Equal(t, []string{"no-store"}, a.header["Cache-Control"])
			require.Equal(t, []string{"no-cache"}, a.header["Pragma"])
			var m map[string]any
			require.NoError(t, json.Unmarshal([]byte(a.body), &m), a.body)
			require.NotEmpty(t, m["access_token"])
			delete(m, "access_token")
			require.Equal(t, map[string]any{"token_type": "Bearer", "expires_in": 60.0, "scope": tt.scope}, m)
		})
	}
}

// TestTokenErrors walks through RFC 6749 §5.2.
func TestTokenErrors(t *testing.T) {
	t.Parallel()
	rawBasic := basic(demo.ID, demo.Secret.Reveal())
	wrong := Client{ID: "demo", Secret: secret.New("wrong")}
	unauthorized := Client{ID: "nogrant", Secret: secret.New("x")}
	onlyPost := Client{ID: "onlypost", Secret: secret.New("x")}
	for _, tt := range []struct {
		name   string
		q      request
		status int
		code   string
		why    *oauthError
	}{
		{"no grant type", post("/token", demo), 400, "invalid_request", errNoGrantType},
		{"empty grant type", post("/token", demo, "grant_type="), 400, "invalid_request", errNoGrantType},
		{"other grant type", post("/token", demo, "grant_type=password"), 400, "unsupported_grant_type", errUnsupportedGrant},
		{
			"client without the grant", post("/token", unauthorized, clientCredentials), 400, "unauthorized_client",
			errForbiddenGrant,
		},
		{
			"grant type twice", post("/token", demo, clientCredentials, clientCredentials), 400, "invalid_request",
			errDuplicate,
		},
		{
			"scope twice", post("/token", demo, clientCredentials, "scope=orders.read", "scope=orders.write"), 400,
			"invalid_request", errDuplicate,
		},
		{
			"unknown parameter twice", post("/token", demo, clientCredentials, "a=1", "a=2"), 400, "invalid_request",
			errDuplicate,
		},
		{"broken escape", post("/token", demo, clientCredentials, "scope=%zz"), 400, "invalid_request", errEncoding},
		{"cut-off escape", post("/token", demo, clientCredentials, "scope=a%2"), 400, "invalid_request", errEncoding},
		{"broken escape in a name", post("/token", demo, clientCredentials, "%=1"), 400, "invalid_request", errEncoding},
		{
			"too many parameters", post("/token", demo, manyParameters(maxParams+1)...), 400, "invalid_request",
			errTooManyParams,
		},
		{
			"JSON body", post("/token", demo, `{"grant_type":"client_credentials"}`).with("Content-Type", "application/json"),
			400, "invalid_request", errContentType,
		},
		{
			"no content type", post("/token", demo, clientCredentials).with("Content-Type"), 400, "invalid_request",
			errContentType,
		},
		{
			"two content types", post("/token", demo, clientCredentials).with("Content-Type", formType, formType), 400,
			"invalid_request", errContentType,
		},
		{
			"body too large", post("/token", demo, clientCredentials, "a="+strings.Repeat("x", maxBody)), 413, "invalid_request",
			errTooLarge,
		},
		{
			"secret in the URI", post("/token?client_secret=x", demo, clientCredentials), 400, "invalid_request",
			errQueryCredentials,
		},
		{
			"assertion in the URI", post("/token?client_assertion=x", demo, clientCredentials), 400, "invalid_request",
			errQueryCredentials,
		},
		{"GET", request{method: http.MethodGet, url: "/token"}, 405, "invalid_request", errMethod},
		{"PUT", request{method: http.MethodPut, url: "/token"}, 405, "invalid_request", errMethod},

		{"no authentication", postBody(clientCredentials), 401, "invalid_client", errNoCredentials},
		{"client_id alone", postBody(clientCredentials, "client_id=demo"), 401, "invalid_client", errNoCredentials},
		{"secret without client_id", postBody(clientCredentials, demoSecret), 401, "invalid_client", errWrongSecret},
		{"wrong secret by basic", post("/token", wrong, clientCredentials), 401, "invalid_client", errWrongSecret},
		{
			"wrong secret by post", postBody(clientCredentials, "client_id=demo", "client_secret=wrong"), 401, "invalid_client",
			errWrongSecret,
		},
		{
			"unknown client", post("/token", Client{ID: "nobody", Secret: secret.New("x")}, clientCredentials), 401, "invalid_client",
			errWrongSecret,
		},
		{
			"no secret by basic", postBody(clientCredentials).with("Authorization", basic("demo", "")), 401, "invalid_client",
			errWrongSecret,
		},
		{
			"credentials not form-encoded", postBody(clientCredentials).with("Authorization", rawBasic), 401, "invalid_client",
			errBasicEncoding,
		},
		{"not Base64", postBody(clientCredentials).with("Authorization", "Basic !!!"), 401, "invalid_client", errBasicSyntax},
		{
			"no colon", postBody(clientCredentials).with("Authorization", "Basic ZGVtbw=="), 401, "invalid_client",
			errBasicSyntax,
		},
		{"empty Basic", postBody(clientCredentials).with("Authorization", "Basic"), 401, "invalid_client", errBasicSyntax},
		{
			"other scheme", postBody(clientCredentials).with("Authorization", "Bearer abc"), 401, "invalid_client",
			errWrongScheme,
		},
		{
			"method that is not the client's", post("/token", onlyPost, clientCredentials), 401, "invalid_client",
			errMethodForbidden,
		},

		{
			"two methods at once", post("/token", demo, clientCredentials, "client_id=demo", demoSecret), 400, "invalid_request",
			errManyMethods,
		},
		{
			"two Authorization headers", postBody(clientCredentials).with("Authorization", rawBasic, rawBasic), 400,
			"invalid_request", errManyHeaders,
		},
		{
			"client_id of another client", post("/token", demo, clientCredentials, "client_id=onlypost"), 400, "invalid_request",
			errOtherClientID,
		},

		{"unknown scope", post("/token", demo, clientCredentials, "scope=admin"), 400, "invalid_scope", errUnknownScope},
		{
			"one unknown scope", post("/token", demo, clientCredentials, "scope=orders.read+admin"), 400, "invalid_scope",
			errUnknownScope,
		},
		{"part of a scope", post("/token", demo, clientCredentials, "scope=orders"), 400, "invalid_scope", errUnknownScope},
		{
			"two spaces in the scope", post("/token", demo, clientCredentials, "scope=orders.read++orders.write"), 400,
			"invalid_scope", errScopeSyntax,
		},
		{"quote in the scope", post("/token", demo, clientCredentials, "scope=%22"), 400, "invalid_scope", errScopeSyntax},

		{
			"relative resource", post("/token", demo, clientCredentials, "resource=%2Forders"), 400, "invalid_target",
			errTarget,
		},
		{
			"resource with a fragment", post("/token", demo, clientCredentials, "resource=https%3A%2F%2Fapi.example%2F%23a"),
			400, "invalid_target", errTarget,
		},
		{"resource with an empty fragment", post("/token", demo, clientCredentials,
			"resource=https%3A%2F%2Fapi.example%2F%23"), 400, "invalid_target", errTarget},
		{
			"audience that is not ASCII", post("/token", demo, clientCredentials, "audience=%C3%A4"), 400, "invalid_target",
			errAudience,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			noGrant, post := unauthorized, onlyPost
			noGrant.GrantTypes = []string{}
			post.AuthMethod = "client_secret_post"
			s, h := offline(t, Config{Clients: []Client{demo, noGrant, post}})
			a := tt.q.ask(t, h)
			require.Equal(t, tt.status, a.status, a.body)
			require.Equal(t, tt.code, a.member(t, "error"))
			require.Equal(t, string(tt.why.body), a.body)
			require.NotEmpty(t, a.member(t, "error_description"))
			require.Equal(t, []string{"no-store"}, a.header["Cache-Control"])
			if tt.status == http.StatusUnauthorized {
				require.Equal(t, []string{`Basic realm="clientcreds"`}, a.header["Www-Authenticate"])
			} else {
				require.NotContains(t, a.header, "Www-Authenticate")
			}
			if tt.status == http.StatusMethodNotAllowed {
				require.Equal(t, []string{"POST"}, a.header["Allow"])
			}
			require.Equal(t, map[string]int64{tt.code: 1}, s.Stats().TokenRequests.ByResult)
		})
	}
}

// manyParameters returns n parameters with different names.
func manyParameters(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "p" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + "=1"
	}
	return list
}

// TestBasicRaw holds that BasicRaw takes the credentials as they are, and no
// longer decodes them.
func TestBasicRaw(t *testing.T) {
	t.Parallel()
	_, h := offline(t, Config{BasicEncoding: BasicRaw})
	q := postBody(clientCredentials)
	require.Equal(t, http.StatusOK, q.with("Authorization", basic(demo.ID, demo.Secret.Reveal())).ask(t, h).status)
	encoded := basic(demo.ID, url.QueryEscape(demo.Secret.Reveal()))
	require.Equal(t, http.StatusUnauthorized, q.with("Authorization", encoded).ask(t, h).status)
}

// TestRequestIsWiped holds that no credentials stay behind in the pooled
// buffers.
func TestRequestIsWiped(t *testing.T) {
	t.Parallel()
	f := newForm()
	q := postBody(clientCredentials, "client_id=demo", "client_secret=topsecret")
	require.Nil(t, f.read(q.build(t)))
	params := f.params
	require.Equal(t, "topsecret", f.get("client_secret"))
	f.release()
	require.NotContains(t, fmt.Sprint(*f, params[:cap(params)]), "topsecret")
}
