package jsmodule

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// testJWK is the key of RFC 8037 §A.1, and testD its private part.
const (
	testD   = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
	testJWK = `{"kty":"OKP","crv":"Ed25519","kid":"ed","d":"` + testD +
		`","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
)

const keyed = "auth: 'private_key_jwt', clientSecret: undefined, "

// sentClaims verifies the assertion of request n and returns its claims.
func (e *endpoint) sentClaims(t *testing.T, n int) map[string]any {
	t.Helper()
	var key jose.JSONWebKey
	require.NoError(t, json.Unmarshal([]byte(testJWK), &key))
	e.mu.Lock()
	form := e.forms[n]
	e.mu.Unlock()
	assert.Equal(t, "orders", form.Get("client_id"))
	assert.Empty(t, form.Get("client_secret"))
	signed, err := jose.ParseSignedCompact(form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.EdDSA})
	require.NoError(t, err)
	payload, err := signed.Verify(key.Public())
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(payload, &claims))
	claims["kid"] = signed.Signatures[0].Protected.KeyID
	return claims
}

func TestAssertionsSayWhatTheOptionsSay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key.jwk")
	require.NoError(t, os.WriteFile(file, []byte(testJWK), 0o600))
	e := newEndpoint(t)
	v := oneVU(t, e, keyed+fmt.Sprintf(`key: {file: %q, kid: 'mine'}, assertion: {audience: 'https://idp.example.com', lifetime: '5s', claims: {tenant: 'blue', n: 1.5}}`, file))
	v.mustRun(`client.acquire(); client.acquire()`)
	first, second := e.sentClaims(t, 0), e.sentClaims(t, 1)
	assert.NotEqual(t, first["jti"], second["jti"])
	assert.Equal(t, 5.0, first["exp"].(float64)-first["iat"].(float64))
	for _, name := range []string{"jti", "iat", "exp"} {
		delete(first, name)
	}
	assert.Equal(t, map[string]any{
		"iss": "orders", "sub": "orders", "aud": "https://idp.example.com", "tenant": "blue", "n": 1.5, "kid": "mine",
	}, first)
	signing := v.sampled()["clientcreds_request_signing"]
	require.Len(t, signing, 2)
	assert.Positive(t, signing[0].Value)
}

func TestAudienceIsTheTokenEndpointWithoutAnIssuer(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	oneVU(t, e, keyed+"key: `"+testJWK+"`").mustRun(`client.acquire()`)
	claims := e.sentClaims(t, 0)
	assert.Equal(t, e.URL+"/token", claims["aud"])
	assert.Equal(t, "ed", claims["kid"])
}

// The issuer is the audience wherever the token endpoint is: one string, no list (RFC 7523 §3).
func TestAudienceIsTheIssuer(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	var issuer string
	issuer = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":%q}`, issuer, e.URL+"/token")
	})
	v := newVU(t, New())
	v.mustRun(fmt.Sprintf("globalThis.client = new Client({issuer: %q, clientId: 'orders', auth: 'private_key_jwt', "+
		"key: %q})", issuer, testJWK))
	v.start()
	v.mustRun(`client.acquire()`)
	assert.Equal(t, issuer, e.sentClaims(t, 0)["aud"])
}

// Methods that do not sign have no signing time.
func TestNoSigningWithoutSignatures(t *testing.T) {
	t.Parallel()
	v := oneVU(t, newEndpoint(t), "")
	v.mustRun(`client.acquire()`)
	samples := v.sampled()
	assert.Len(t, samples["clientcreds_requests"], 1)
	assert.Empty(t, samples["clientcreds_request_signing"])
}

func TestAssertionFromIsReadAgain(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "assertion")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("aaaa.bbbb.cccc\n")
	e := newEndpoint(t)
	v := oneVU(t, e, keyed+fmt.Sprintf(`assertion: {file: %q}`, file))
	v.mustRun(`client.acquire()`)
	write("dddd.eeee.ffff")
	v.mustRun(`client.acquire()`)
	write("not a JWT")
	got := v.mustRun(`(() => { const r = client.acquire(); return [r.ok, r.status, r.error, r.timings].join() })()`)
	assert.Equal(t, "false,0,client_authentication,", got)
	require.Equal(t, 2, e.count())
	assert.Equal(t, "aaaa.bbbb.cccc", e.forms[0].Get("client_assertion"))
	assert.Equal(t, "dddd.eeee.ffff", e.forms[1].Get("client_assertion"))
	samples := v.sampled()
	assert.Equal(t, 2.0, sum(samples["clientcreds_requests"]), "what was not sent is no request")
	assert.Equal(t, 1.0, sum(samples["clientcreds_request_failed"]))
	assert.Len(t, samples["clientcreds_request_failed"], 3)
}

// Neither the key nor an assertion is in a log, an error, a metric or the key of the cache.
func TestKeysAndAssertionsAreNowhere(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	var assertions []string
	e.refuse = func(n int, w http.ResponseWriter) bool {
		jwt := e.forms[n-1].Get("client_assertion")
		assertions = append(assertions, jwt)
		return n == 2 && oauthError(w, 401, "invalid_client", "no: "+jwt)
	}
	v := oneVU(t, e, keyed+"key: `"+testJWK+"`")
	v.mustRun(`client.token(); client.invalidate()`)
	text := v.mustRun(`(() => { try { client.token() } catch (e) { return e.stack + JSON.stringify(e) + JSON.stringify(client) } })()`).(string)
	require.Contains(t, text, "invalid_client")
	require.Contains(t, text, "assertion.audience")
	require.Len(t, assertions, 2)
	v.state.Logger.WithField("field", assertions[0]).Info("sent " + assertions[1] + " with " + testJWK + " " + testD)
	texts := []string{v.onlyClient().source.key}
	for _, entry := range v.logs.AllEntries() {
		line, err := entry.String()
		require.NoError(t, err)
		texts = append(texts, line)
	}
	for name, samples := range v.sampled() {
		for _, s := range samples {
			texts = append(texts, fmt.Sprint(name, s.Tags.Map(), s.Metadata))
		}
	}
	all := strings.Join(texts, "\n")
	for _, hidden := range append(assertions, testD, testJWK) {
		assert.NotContains(t, all, hidden)
	}
	assert.NotContains(t, text, testD)
	assert.NotContains(t, text, assertions[1][strings.LastIndexByte(assertions[1], '.')+1:], "nor its signature")
}

// Two keys are two clients, and two cache entries.
func TestClientsWithOtherKeysAreOthers(t *testing.T) {
	t.Parallel()
	o := func(text string) *options {
		return &options{Auth: "private_key_jwt", Key: keyOptions{Text: secret.New(text)}}
	}
	assert.NotEqual(t, o("a").key(), o("b").key())
}
