package doctor

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestLifetimesOfTokens(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[time.Duration]Status{
		0: Warning, time.Nanosecond: Warning, shortTTL - time.Nanosecond: Warning, shortTTL: OK, time.Hour: OK,
	} {
		e := &run{token: &oauth.Token{ExpiresIn: ttl}}
		assert.Equal(t, want, e.checkTTL().Status, ttl)
		if ttl == 0 {
			ttl = assumedTTL
		}
		assert.Equal(t, ttl, e.ttl())
	}
}

// The lifetime by exp and iat is compared with expires_in, with a second for rounding.
func TestLifetimesInTokens(t *testing.T) {
	t.Parallel()
	for life, want := range map[int64]Status{298: Warning, 299: OK, 300: OK, 301: OK, 302: Info} {
		e := &run{token: &oauth.Token{ExpiresIn: 300 * time.Second}, claims: claimsOf(t, map[string]any{
			"iat": 1_700_000_000, "exp": 1_700_000_000 + life,
		})}
		assert.Equal(t, want, e.checkLifetime().Status, life)
	}
	for summary, payload := range map[string]map[string]any{
		"the token has no exp claim: it never expires at the API":                    {"iat": 1},
		"the token has no iat claim: exp cannot be compared with expires_in":         {"exp": 1},
		"exp is 5m after iat, but expires_in says 10m: tokens die earlier than told": {"iat": 0, "exp": 300},
	} {
		e := &run{token: &oauth.Token{ExpiresIn: 600 * time.Second}, claims: claimsOf(t, payload)}
		assert.Equal(t, summary, e.checkLifetime().Summary)
	}
	e := &run{token: new(oauth.Token), claims: claimsOf(t, map[string]any{"iat": 0, "exp": 300})}
	assert.Equal(t, Info, e.checkLifetime().Status, "expires_in is missing")
}

// claimsOf returns the claims of a JWT with that payload.
func claimsOf(t *testing.T, payload map[string]any) *claims {
	t.Helper()
	text, err := json.Marshal(payload)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	c := parseJWT(encode([]byte(`{"alg":"ES256","typ":"at+jwt"}`)) + "." + encode(text) + ".c2ln")
	require.NotNil(t, c)
	return c
}

func TestAnnouncedLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   int
	}{
		"none":       {http.Header{}, 0},
		"plain":      {http.Header{"Ratelimit-Limit": {"10"}}, 10},
		"with X":     {http.Header{"X-Ratelimit-Limit": {" 10 "}}, 10},
		"hyphenated": {http.Header{"X-Rate-Limit-Limit": {"10"}}, 10},
		"a list":     {http.Header{"Ratelimit-Limit": {"10, 10;w=1, 50;w=60"}}, 10},
		"parameters": {http.Header{"Ratelimit-Limit": {"10;w=1"}}, 10},
		"one":        {http.Header{"Ratelimit-Limit": {"1"}}, 1},
		"zero":       {http.Header{"Ratelimit-Limit": {"0"}}, 0},
		"negative":   {http.Header{"Ratelimit-Limit": {"-1"}}, 0},
		"a word":     {http.Header{"Ratelimit-Limit": {"many"}}, 0},
	} {
		assert.Equal(t, c.want, limitOf(c.header), name)
	}
	for name, c := range map[string]struct {
		limit   string
		limited bool
		want    Status
	}{
		"no limit":                     {"", false, Info},
		"as many as there are":         {"10", false, Info},
		"one less":                     {"9", false, Warning},
		"requests were refused":        {"", true, Warning},
		"requests were refused, named": {"10", true, Warning},
	} {
		header := http.Header{}
		if c.limit != "" {
			header.Set("RateLimit-Limit", c.limit)
		}
		e := &run{
			cfg: Config{VUs: 10}, first: &roundTrip{header: header}, probe: &httpProbe{last: new(roundTrip)},
			limited: c.limited,
		}
		results := checkRateLimit(t.Context(), e)
		require.Len(t, results, 1, name)
		assert.Equal(t, c.want, results[0].Status, name)
		assert.Len(t, results[0].Data["headers"], len(header), name)
	}
	assert.Empty(t, checkRateLimit(t.Context(), &run{}))
}

func TestNamesOfLimits(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	for _, name := range []string{
		"Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Remaining", "X-Rate-Limit-Reset", "X-Rate", "Limit", "Date",
	} {
		header.Set(name, "1")
	}
	assert.Equal(t, map[string]any{
		"retry-after": "1", "ratelimit": "1", "ratelimit-policy": "1", "x-ratelimit-remaining": "1", "x-rate-limit-reset": "1",
	}, limitHeaders(header))
}

func TestCachesOfTokens(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]Status{
		"": Warning, "no-store": OK, "No-Store": OK, "private, no-store": OK, "no-store,max-age=0": OK, "no-cache": Warning,
		"no-stored": Warning,
	} {
		e := &run{first: &roundTrip{header: http.Header{"Cache-Control": {value}}}}
		assert.Equal(t, want, e.checkCaching().Status, value)
	}
	for value, want := range map[string]Status{
		"application/json": OK, "application/json; charset=utf-8": OK, "text/html": Warning, "": Warning,
	} {
		e := &run{first: &roundTrip{header: http.Header{"Content-Type": {value}}}}
		assert.Equal(t, want, e.checkContentType().Status, value)
	}
}

func TestKeptConnections(t *testing.T) {
	t.Parallel()
	assert.Equal(t, OK, reuse(4, 4).Status)
	one := reuse(3, 4)
	assert.Equal(t, Warning, one.Status)
	assert.Equal(t, "1 of 4 requests needed a new connection", one.Summary)
}

func TestScopesOfTokens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked   []string
		granted string
		given   bool
		want    Status
	}{
		"nothing":           {nil, "", false, Info},
		"the default":       {nil, "a", true, OK},
		"as asked":          {[]string{"a", "b"}, "b a", true, OK},
		"as asked, unnamed": {[]string{"a"}, "a", false, OK},
		"less":              {[]string{"a", "b"}, "a", true, Warning},
		"more":              {[]string{"a"}, "a b", true, Info},
		"another":           {[]string{"a"}, "b", true, Warning},
	} {
		e := &run{cfg: Config{Scope: c.asked}, token: &oauth.Token{Scope: c.granted}, hide: redact.New()}
		assert.Equal(t, c.want, e.checkScope(c.given).Status, name)
	}
}

// An API's status says something about the API without the token, and about the token.
func TestStatusesOfAPIs(t *testing.T) {
	t.Parallel()
	status := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	e := &run{
		cfg: Config{APIURL: server.URL}, token: &oauth.Token{AccessToken: secret.New("x"), Type: "Bearer"},
		probe: newHTTPProbe(Config{}, nil),
	}
	defer e.probe.close()
	const redirect = "a token does not follow a redirect to another origin: set API_URL to the final URL"
	const other = "the token was not refused, but the request was: check API_URL"
	for _, c := range []struct {
		status        int
		without, with Status
		hint          string
	}{
		{200, Warning, OK, ""},
		{299, Warning, OK, ""},
		{300, Warning, Warning, redirect},
		{399, Warning, Warning, redirect},
		{400, Info, Warning, other},
		{401, Warning, Failed, "the API does not take this server's tokens: check issuer, audience and clocks of the two"},
		{403, Info, Failed, "the token is good and not enough: check SCOPE"},
		{499, Info, Warning, other},
		{500, Info, Failed, "the API has a problem of its own; its log says which"},
	} {
		status = c.status
		results := checkAPI(t.Context(), e)
		require.Len(t, results, 2)
		assert.Equal(t, c.without, results[0].Status, c.status)
		assert.Equal(t, c.with, results[1].Status, c.status)
		assert.Equal(t, c.hint, results[1].Hint, c.status)

		proofs := e.withoutProof(t.Context())
		assert.Equal(t, c.status < 300, proofs.Status == Warning, c.status)
	}
}

func TestSizesOfTokens(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]Status{1: OK, 6144: OK, 6145: Warning} {
		results := checkToken(t.Context(), &run{token: &oauth.Token{AccessToken: secret.New(strings.Repeat("x", size))}})
		require.Len(t, results, 1)
		assert.Equal(t, want, results[0].Status, size)
	}
}

func TestDemandsForNonces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		demands, grants int
		want            Status
		text            string
	}{
		{0, 5, OK, "the token endpoint demands no nonce"},
		{1, 1, Info, "the token endpoint demands a nonce"},
		{1, 5, Info, "the token endpoint demands a nonce, which is good for several requests: it demanded 1 for 5 tokens"},
		{4, 5, Info, "the token endpoint demands a nonce, which is good for several requests: it demanded 4 for 5 tokens"},
		{2, 2, Warning, "the token endpoint demands another nonce for every token: each takes two requests"},
	} {
		r := (&run{demands: c.demands, grants: c.grants}).dpopNonce()
		assert.Equal(t, c.want, r.Status)
		assert.Equal(t, c.text, r.Summary)
	}
}
