package authserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// providerAnswers are the answers of each provider: the members of a response, and refusals by what is wrong.
var providerAnswers = map[string]struct {
	members  []string
	lifetime float64
	refusals map[string]string // status, and the beginning of the body
	headers  []string          // of the answer beyond the rate limit
	limited  int
}{
	"keycloak": {
		[]string{"access_token", "expires_in", "not-before-policy", "refresh_expires_in", "scope", "token_type"},
		300,
		map[string]string{
			"secret": `401 {"error":"unauthorized_client"`, "client": `401 {"error":"invalid_client"`,
			"scope": `400 {"error":"invalid_scope"`,
		},
		nil, http.StatusServiceUnavailable,
	},
	"entra": {
		[]string{"access_token", "expires_in", "ext_expires_in", "token_type"},
		3599,
		map[string]string{
			"secret":   `401 {"error":"invalid_client","error_description":"AADSTS7000215: `,
			"client":   `400 {"error":"unauthorized_client","error_description":"AADSTS700016: `,
			"scope":    `400 {"error":"invalid_scope","error_description":"AADSTS1002012: `,
			"no scope": `400 {"error":"invalid_request","error_description":"AADSTS900144: `,
		},
		[]string{"Retry-After"},
		http.StatusTooManyRequests,
	},
	"okta": {
		[]string{"access_token", "expires_in", "scope", "token_type"},
		3600,
		map[string]string{
			"secret": `401 {"error":"invalid_client"`, "client": `401 {"errorCode":"invalid_client","errorSummary":`,
			"scope": `400 {"error":"invalid_scope"`, "no scope": `400 {"error":"invalid_scope"`,
		},
		[]string{"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"},
		http.StatusTooManyRequests,
	},
	"auth0": {
		[]string{"access_token", "expires_in", "scope", "token_type"},
		86400,
		map[string]string{
			"secret": `401 {"error":"access_denied"`, "client": `401 {"error":"access_denied"`,
			"scope": `403 {"error":"access_denied"`, "no audience": `403 {"error":"access_denied"`,
		},
		[]string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
		http.StatusTooManyRequests,
	},
	"cognito": {
		[]string{"access_token", "expires_in", "token_type"},
		3600,
		map[string]string{
			"secret": `400 {"error":"invalid_client"}`, "client": `400 {"error":"invalid_client"}`,
			"scope": `400 {"error":"invalid_scope"}`,
		},
		nil, http.StatusTooManyRequests,
	},
}

// asks is a token request to a provider, with changes of its parameters; "" removes one.
func asks(t *testing.T, h http.Handler, p *profile, changes ...string) answer {
	t.Helper()
	form := url.Values{
		"grant_type": {grantClientCredentials}, "client_id": {"demo"}, "client_secret": {"s3cret"},
		"scope": {strings.Fields(p.scope)[0]}, "audience": {"https://api.example.com/"},
	}
	for i := 0; i < len(changes); i += 2 {
		if form.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			form.Del(changes[i])
		}
	}
	return request{
		http.MethodPost, p.token, form.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}.ask(t, h)
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	require.Len(t, providerAnswers, len(profiles))
	for _, p := range profiles {
		expected := providerAnswers[p.name]
		cfg := Config{Profile: p.name, Clients: []Client{{ID: "demo", Secret: secret.New("s3cret"), Scope: p.scope}}}
		s, h := offline(t, cfg)

		var granted map[string]any
		require.NoError(t, json.Unmarshal([]byte(asks(t, h, p).body), &granted), p.name)
		for _, name := range expected.members {
			assert.Contains(t, granted, name, p.name)
		}
		assert.Len(t, granted, len(expected.members), p.name)
		assert.InDelta(t, expected.lifetime, granted["expires_in"], 0, p.name)
		for wrong, begin := range expected.refusals {
			a := asks(t, h, p, map[string][]string{
				"secret": {"client_secret", "wrong"}, "client": {"client_id", "nobody"}, "scope": {"scope", "nobody-has"},
				"no scope": {"scope", ""}, "no audience": {"audience", ""},
			}[wrong]...)
			got := fmt.Sprint(a.status, " ", a.body)
			assert.True(t, strings.HasPrefix(got, begin), "%s, %s: %s", p.name, wrong, got)
			assert.True(t, json.Valid([]byte(a.body)), a.body)
			assert.NotContains(t, a.body, "nobody")
		}
		for _, path := range p.metadata {
			a := request{http.MethodGet, path, "", nil}.ask(t, h)
			assert.Equal(t, http.StatusOK, a.status, path)
			assert.Equal(t, s.endpoints.Token, a.member(t, "token_endpoint"))
			assert.Equal(t, s.endpoints.Issuer, a.member(t, "issuer"))
		}
		assert.Equal(t, http.StatusNotFound, request{http.MethodPost, "/token", "", nil}.ask(t, h).status, "its own paths only")

		cfg.Faults = []byte(`{"token": {"rate_limit": {"per_second": 0.01, "burst": 1}}}`)
		s, h = offline(t, cfg)
		require.NoError(t, s.faults.Put(cfg.Faults))
		assert.Equal(t, http.StatusOK, asks(t, h, p).status)
		limited := asks(t, h, p)
		assert.Equal(t, expected.limited, limited.status, p.name)
		for _, name := range expected.headers {
			assert.NotEmpty(t, limited.header.Get(name), "%s: %s", p.name, name)
		}
		assert.NotContains(t, limited.header.Get("X-Rate-Limit-Reset"), "{")
		assert.EqualValues(t, 1, s.Stats().TokenRequests.ByResult["rate_limited"], p.name)
	}
}

// Whatever the profile has not: another method, or an issuer of the user's.
func TestLimitsOfProfiles(t *testing.T) {
	t.Parallel()
	_, h := offline(t, Config{Profile: "cognito", Clients: []Client{demo}})
	a := request{http.MethodGet, cognito.metadata[0], "", nil}.ask(t, h)
	assert.Contains(t, a.body, `"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]`)
	for wrong, cfg := range map[string]Config{
		`"ping" is not a provider; use one of keycloak, entra, okta, auth0, cognito`: {Profile: "ping"},
		"has an issuer of its own": {Profile: "okta", Issuer: "/tenant"},
	} {
		cfg.Clients = []Client{demo}
		_, err := New(cfg)
		require.ErrorContains(t, err, wrong)
	}
	assert.Equal(t, entra.scope, ProfileScope("entra"))
	assert.Empty(t, ProfileScope("none"))
}
