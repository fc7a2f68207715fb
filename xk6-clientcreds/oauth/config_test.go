package oauth

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const wantURL = "; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token"

func TestWrongConfig(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no URL":     {func(c *Config) { c.TokenURL = "" }, `option "tokenUrl" is empty` + wantURL},
		"not a URL":  {func(c *Config) { c.TokenURL = "http://h/\x7f?s=hush" }, `option "tokenUrl" is not a URL` + wantURL},
		"bad escape": {func(c *Config) { c.TokenURL = "https://h/%zz?s=hush" }, `option "tokenUrl" is not a URL` + wantURL},
		"bad port":   {func(c *Config) { c.TokenURL = "https://h:port/hush" }, `option "tokenUrl" is not a URL` + wantURL},
		"relative":   {func(c *Config) { c.TokenURL = "/oauth2/token?s=hush" }, `option "tokenUrl" is "/oauth2/token…"` + wantURL},
		"no scheme":  {func(c *Config) { c.TokenURL = "idp.example.com/token" }, `option "tokenUrl" is "idp.example.com/token"` + wantURL},
		"no host":    {func(c *Config) { c.TokenURL = "https:///token" }, `option "tokenUrl" is "https:///token"` + wantURL},
		"port only":  {func(c *Config) { c.TokenURL = "https://:443/token" }, `option "tokenUrl" is "https://:443/token"` + wantURL},
		"ftp":        {func(c *Config) { c.TokenURL = "ftp://h/token?s=hush" }, `option "tokenUrl" is "ftp://h/token…"` + wantURL},
		"javascript": {func(c *Config) { c.TokenURL = "javascript:alert(1)" }, `option "tokenUrl" is "javascript:alert(1)"` + wantURL},
		"user without a scheme": {
			func(c *Config) { c.TokenURL = "me:hush@idp.example.com/token" },
			`option "tokenUrl" is "…@idp.example.com/token"` + wantURL,
		},
		"user": {
			func(c *Config) { c.TokenURL = "https://me:hush@h/token" },
			`option "tokenUrl" has a user name or password in it; give clientId and clientSecret instead`,
		},
		"fragment": {
			func(c *Config) { c.TokenURL = "https://h/token#hush" },
			`option "tokenUrl" has a fragment, which an endpoint must not have (RFC 6749 §3.2)`,
		},
		"empty fragment": {
			func(c *Config) { c.TokenURL = "https://h/token#" },
			`option "tokenUrl" has a fragment, which an endpoint must not have (RFC 6749 §3.2)`,
		},
		"secret in the URL": {
			func(c *Config) { c.TokenURL = "https://h/token?client_secret=hush" },
			`option "tokenUrl" has client_secret in its query, where it ends in logs (RFC 6749 §2.3.1); give clientSecret instead`,
		},
		"no client": {func(c *Config) { c.ClientID = "" }, `option "clientId" is empty; it must be the client's identifier`},
		"no method": {func(c *Config) { c.Auth = ClientAuth{} }, `option "auth" is missing; it must be an authentication method`},
		"scope with a space": {
			func(c *Config) { c.Scope = []string{"ok", "a b"} },
			`option "scope" has the value "a b"; a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"empty scope": {
			func(c *Config) { c.Scope = []string{""} },
			`option "scope" has the value ""; a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"scope with a quote": {
			func(c *Config) { c.Scope = []string{`a"b`} },
			`option "scope" has the value "a\"b"; a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"scope with an umlaut": {
			func(c *Config) { c.Scope = []string{"ä"} },
			`option "scope" has the value "ä"; a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"relative resource": {
			func(c *Config) { c.Resource = []string{"/api?k=hush"} },
			`option "resource" has the value "/api…"; a resource is an absolute URI without a fragment (RFC 8707 §2)`,
		},
		"resource with a fragment": {
			func(c *Config) { c.Resource = []string{"https://api.example.com/#hush"} },
			`option "resource" has the value "https://api.example.com/…"; a resource is an absolute URI without a fragment (RFC 8707 §2)`,
		},
		"reserved parameter": {
			func(c *Config) { c.Params = url.Values{"client_secret": {"hush"}} },
			`option "params" must not have "client_secret", which is set by clientSecret`,
		},
		"the identifier of another client": {
			func(c *Config) { c.Params = url.Values{"client_id": {"another"}} },
			`option "params" has another "client_id" than clientId; the two must be the same`,
		},
		"the identifier twice": {
			func(c *Config) { c.Params = url.Values{"client_id": {c.ClientID, c.ClientID}} },
			`option "params" has another "client_id" than clientId; the two must be the same`,
		},
		"the identifier where the method sends it": {
			func(c *Config) {
				c.Auth, c.Params = ClientSecretPost(c.ClientID, "hush"), url.Values{"client_id": {c.ClientID}}
			},
			`option "params" must not have "client_id", which is set by clientId`,
		},
		"another grant": {
			func(c *Config) { c.Params = url.Values{"grant_type": {"password"}} },
			`option "params" must not have "grant_type", which is always client_credentials`,
		},
		"nameless parameter": {
			func(c *Config) { c.Params = url.Values{"": {"hush"}} },
			`option "params" has a parameter without a name`,
		},
		"second authentication": {
			func(c *Config) { c.Header = http.Header{"authorization": {"Basic hush"}} },
			`option "headers" must not have "authorization", which the token request sets itself`,
		},
		"header name": {
			func(c *Config) { c.Header = http.Header{"a b": {"hush"}} },
			`option "headers" has the name "a b", which is not a header name (RFC 9110 §5.1)`,
		},
		"empty header name": {
			func(c *Config) { c.Header = http.Header{"": {"hush"}} },
			`option "headers" has the name "", which is not a header name (RFC 9110 §5.1)`,
		},
		"smuggled header": {
			func(c *Config) { c.Header = http.Header{"X": {"hush\r\nAuthorization: Basic x"}} },
			`option "headers" has a control character in the value of "X"`,
		},
		"raw with a colon": {
			func(c *Config) { c.Auth = ClientSecretBasic("a:b", "hush", BasicRaw) },
			`option "clientId" contains a colon, which basicEncoding: "raw" cannot carry; use "form"`,
		},
		"raw with a control character": {
			func(c *Config) { c.Auth = ClientSecretBasic("a", "hush\n", BasicRaw) },
			`option "clientId" or "clientSecret" contains a control character, which basicEncoding: "raw" cannot carry; use "form"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config()
			tc.change(&c)
			_, err := NewClient(c)
			require.EqualError(t, err, tc.want)
			assert.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestGoodURLs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"http://127.0.0.1:8089/token", "https://[::1]/token", "https://idp.example.com", "HTTPS://IDP.example.com/t",
		"https://idp.example.com/token?p=B2C_1A&x=%20", "https://idp.example.com/a@b",
	} {
		_, err := checkURL("tokenUrl", text)
		assert.NoError(t, err, text)
	}
}

func TestReservedHeadersAreCanonical(t *testing.T) {
	t.Parallel()
	for _, name := range reservedHeaders {
		assert.Equal(t, http.CanonicalHeaderKey(name), name)
	}
}
