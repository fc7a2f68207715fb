package jsmodule

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

const userToken = "the-token-of-a-user"

// Scripts get the exchanged token, in every scope of the cache.
func TestExchangedTokenIsWhatIsUsed(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string][]string{
		"vu": {tokenNumber(2), tokenNumber(2)}, "shared": {tokenNumber(2), tokenNumber(2)},
		"none": {tokenNumber(2), tokenNumber(4)},
	} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			e, a := newEndpoint(t), newAPI(t)
			v := withAPI(t, e, a, fmt.Sprintf(`scope: 'all', audience: 'first', cache: {scope: %q},
				exchange: {audience: ['x', 'y'], resource: 'urn:z', scope: 'less'}`, scope))
			assert.Equal(t, want[0], v.mustRun(`client.token()`))
			assert.Equal(t, want[1], v.mustRun(`client.token()`))
			form, header := e.lastRequest(t)
			assert.Equal(t, basicAuth("orders", testSecret), header.Get("Authorization"))
			assert.Equal(t, []string{"x", "y"}, form["audience"])
			assert.Equal(t, "urn:z", form.Get("resource"))
			assert.Equal(t, "less", form.Get("scope"))
			assert.Equal(t, oauth.TokenTypeAccessToken, form.Get("subject_token_type"))
			assert.Equal(t, "all first", e.forms[0].Get("scope")+" "+e.forms[0].Get("audience"))
			got := v.mustRun(`(() => { const r = client.acquire(); return [r.ok, r.accessToken !== client.token(), r.retries, r.scope, r.grant].join() })()`)
			assert.Equal(t, "true,true,0,less,", got)
		})
	}
}

// The API gets the exchanged token, and a rejection brings a new one by both requests.
func TestExchangedTokenIsRenewed(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	var sent []string
	a.answer = func(n int, w http.ResponseWriter, r *http.Request) bool {
		sent = append(sent, r.Header.Get("Authorization"))
		return n == 1 && unauthorized(w, `Bearer error="invalid_token"`)
	}
	v := withAPI(t, e, a, "exchange: {}")
	v.accepted(a)
	v.mustRun(`client.get(api)`)
	assert.Equal(t, []string{"Bearer " + tokenNumber(2), "Bearer " + tokenNumber(4)}, sent)
	tags := make(map[string]float64)
	for _, s := range v.sampled()["clientcreds_requests"] {
		m := s.Tags.Map()
		tags[m["grant"]+" "+m["reason"]] += s.Value
	}
	assert.Equal(t, map[string]float64{
		"client_credentials cold": 1, "token_exchange cold": 1, "client_credentials rejected": 1,
		"token_exchange rejected": 1,
	}, tags)
}

// The client of a delegation is the actor, and the token that the script gives is nowhere to be seen.
func TestExchangeForAnother(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return n == 2 && oauthError(w, 400, "invalid_request", "the subject token "+userToken+" expired")
	}
	v := oneVU(t, e, fmt.Sprintf(`exchange: {subjectToken: %q, subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token'}`, userToken))
	got := v.mustRun(`(() => { try { client.token() } catch (e) { return [e.message, e.errorDescription, e.grant, e.error, e.status].join(' | ') } })()`)
	assert.Equal(t, "invalid_request (HTTP 400) in the token exchange: the subject token ***REDACTED*** expired (client "+
		"\"orders\" at "+e.URL+
		"/token); the server does not accept a token of the exchange, or its type, or a parameter; check exchange"+
		" | the subject token ***REDACTED*** expired | token_exchange | invalid_request | 400", got)
	form, _ := e.lastRequest(t)
	assert.Equal(t, []string{userToken, tokenNumber(1)}, []string{form.Get("subject_token"), form.Get("actor_token")})
	assert.Equal(t, "urn:ietf:params:oauth:token-type:id_token", form.Get("subject_token_type"))
	v.state.Logger.Info("logged: " + userToken)
	assert.NotContains(t, strings.Join(v.messages(), "\n"), userToken)
	for name, samples := range v.sampled() {
		for _, s := range samples {
			assert.NotContains(t, fmt.Sprint(name, s.Tags.Map(), s.Metadata), userToken)
		}
	}
}

// A failure says which request it was, and each is repeated for itself.
func TestExchangeThatFails(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return (n == 1 || n == 3 || n == 5 || n == 8) && oauthError(w, 503, "temporarily_unavailable", "")
	}
	v := oneVU(t, e, `exchange: {}, retry: {attempts: 2, backoff: 0}`)
	got := v.mustRun(`(() => { const r = client.acquire(); return [r.ok, r.retries, r.status, r.grant === null].join() })()`)
	assert.Equal(t, "true,2,200,true", got, "one repetition of each")
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return n == 5 && oauthError(w, 400, "unauthorized_client", "")
	}
	got = v.mustRun(`(() => { const r = client.acquire(); return [r.ok, r.retries, r.status, r.error, r.grant].join() })()`)
	assert.Equal(t, "false,0,400,unauthorized_client,client_credentials", got)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return n == 7 && oauthError(w, 400, "unauthorized_client", "")
	}
	got = v.mustRun(`(() => { const r = client.acquire(); return [r.ok, r.retries, r.status, r.error, r.grant].join() })()`)
	assert.Equal(t, "false,0,400,unauthorized_client,token_exchange", got)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return n == 9 && oauthError(w, 400, "unauthorized_client", "")
	}
	got = v.mustRun(`(() => { try { client.token() } catch (e) { return e.message } })()`)
	assert.Contains(t, got, "unauthorized_client (HTTP 400) in the token exchange")
	assert.Contains(t, got, "the server does not allow this client the token-exchange grant")

	counts := make(map[string]float64)
	samples := v.sampled()
	for _, name := range []string{"clientcreds_requests", "clientcreds_retries"} {
		for _, s := range samples[name] {
			counts[name+" "+s.Tags.Map()["grant"]] += s.Value
		}
	}
	assert.Equal(t, map[string]float64{
		"clientcreds_requests client_credentials": 2 + 1 + 1 + 1, "clientcreds_requests token_exchange": 2 + 0 + 1 + 1,
		"clientcreds_retries client_credentials": 1, "clientcreds_retries token_exchange": 1,
	}, counts)
}

// A secret that was replaced in between is a repetition of the first request, not of the exchange.
func TestExchangeAfterARotation(t *testing.T) {
	t.Parallel()
	w, e := newWallet(t), newEndpoint(t)
	w.write("secret", testSecret)
	v := w.vu(New())
	require.NoError(t, v.client(e, `clientSecret: {file: 'secret'}, exchange: {}`))
	v.start()
	e.accepts(newSecret)
	w.write("secret", newSecret)
	assert.Equal(t, tokenNumber(3), v.mustRun(`client.token()`))
	for _, s := range v.sampled()["clientcreds_retries"] {
		assert.Equal(t, "client_credentials", s.Tags.Map()["grant"])
	}
	assert.Equal(t, 1.0, sum(v.collected()["clientcreds_retries"]))
}

// The scope of the exchange counts.
func TestExchangeGrantsLessScope(t *testing.T) {
	t.Parallel()
	s := newJWTIssuer(t)
	s.scope, s.claims = "a", map[string]any{"scope": "a"}
	v := s.vu(t, New(), `scope: 'x', audience: 'https://nowhere', exchange: {scope: 'a b', audience: 'https://api'}`)
	v.mustRun(`client.token()`)
	got := v.inspected("")
	assert.Equal(t, true, got["valid"], got["problems"])
	assert.Equal(t, map[string]any{
		"requested": []any{"a", "b"}, "granted": []any{"a"}, "missing": []any{"b"}, "extra": []any{},
	}, got["scope"])
	var warnings []string
	for _, message := range v.messages() {
		if strings.Contains(message, "is missing") {
			warnings = append(warnings, message)
		}
	}
	assert.ElementsMatch(t, []string{
		`Client "orders" asked for scope "x" and was granted "a": "x" is missing`,
		`Client "orders" asked for scope "a b" and was granted "a": "b" is missing`,
	}, warnings)
}

func TestWrongExchangeOptions(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	for exchange, message := range map[string]string{
		`'x'`:                                  `option "exchange" is a string; it must be an object`,
		`{subject_token: 'x'}`:                 `TypeError: k6/x/clientcreds: unknown option "exchange.subject_token" (did you mean "subjectToken"?); it must be one of subjectToken, subjectTokenType, actorToken, actorTokenType, requestedTokenType, audience, resource, scope at <eval>:1:1(12)`,
		`{subjectToken: ''}`:                   `option "exchange.subjectToken" is an empty string; it must be a non-empty string`,
		`{subjectToken: 7}`:                    `option "exchange.subjectToken" is a number; it must be a non-empty string`,
		`{subjectToken: 'a', actorToken: 'b'}`: `option "exchange.actorToken" contradicts the subject token; set only one of the two, because the client's own token is the other`,
		`{actorTokenType: 'urn:x'}`:            `option "exchange.actorTokenType" has no effect without an actor token; set the actor token, or the subject token to make the client the actor`,
		`{subjectTokenType: 'jwt'}`:            `option "exchange.subjectTokenType" is "jwt"; it must be a URI`,
		`{requestedTokenType: 'jwt'}`:          `option "exchange.requestedTokenType" is "jwt"; it must be "urn:ietf:params:oauth:token-type:access_token" or "urn:ietf:params:oauth:token-type:jwt"`,
		`{scope: 'a"b'}`:                       `option "exchange.scope" contains "a\"b"; a scope must be printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		`{resource: 'orders'}`:                 `option "exchange.resource" contains "orders"; a resource must be an absolute URI without a fragment (RFC 8707 §2)`,
	} {
		_, err := v.run(`new Client({tokenUrl: 'https://a', clientId: 'a', clientSecret: 'b', exchange: ` + exchange + `})`)
		assert.ErrorContains(t, err, message, exchange)
	}
	_, err := v.run(`new Client({tokenUrl: 'https://a', clientId: 'a', clientSecret: 'b', tags: {grant: 'x'}})`)
	assert.ErrorContains(t, err, `option "tags.grant" is set by the module; choose another name`)
}

// Every option of the exchange makes another client, with tokens of its own.
func TestExchangeIsInTheCacheKey(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	keys := make(map[string]string)
	for _, exchange := range []string{
		`undefined`, `{}`, `{subjectToken: 'x1'}`, `{subjectToken: 'x2'}`, `{actorToken: 'x1'}`,
		`{subjectTokenType: 'urn:x'}`,
		`{actorToken: 'x1', actorTokenType: 'urn:x'}`, `{requestedTokenType: 'urn:ietf:params:oauth:token-type:jwt'}`,
		`{audience: 'a'}`, `{audience: ['a', 'b']}`, `{resource: 'urn:a'}`, `{scope: 'a'}`,
	} {
		value, err := v.rt.VU.Runtime().RunString(`({tokenUrl: 'https://a', clientId: 'a', clientSecret: 'b', exchange: ` +
			exchange + `})`)
		require.NoError(t, err)
		o, err := parseOptions(v.rt.VU.Runtime(), value, filepath.Clean)
		require.NoError(t, err)
		assert.Empty(t, keys[o.key()], exchange)
		keys[o.key()] = exchange
	}
}
