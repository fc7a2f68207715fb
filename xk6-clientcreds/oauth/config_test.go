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
		"no URL":     {func(c *Config) { c.TokenURL = "" }, `token URL is empty` + wantURL},
		"not a URL":  {func(c *Config) { c.TokenURL = "http://h/\x7f?s=hush" }, `token URL is not a URL` + wantURL},
		"bad escape": {func(c *Config) { c.TokenURL = "https://h/%zz?s=hush" }, `token URL is not a URL` + wantURL},
		"bad port":   {func(c *Config) { c.TokenURL = "https://h:port/hush" }, `token URL is not a URL` + wantURL},
		"relative":   {func(c *Config) { c.TokenURL = "/oauth2/token?s=hush" }, `token URL is "/oauth2/token…"` + wantURL},
		"no scheme": {
			func(c *Config) { c.TokenURL = "idp.example.com/token" },
			`token URL is "idp.example.com/token"` + wantURL,
		},
		"no host":   {func(c *Config) { c.TokenURL = "https:///token" }, `token URL is "https:///token"` + wantURL},
		"port only": {func(c *Config) { c.TokenURL = "https://:443/token" }, `token URL is "https://:443/token"` + wantURL},
		"ftp":       {func(c *Config) { c.TokenURL = "ftp://h/token?s=hush" }, `token URL is "ftp://h/token…"` + wantURL},
		"javascript": {
			func(c *Config) { c.TokenURL = "javascript:alert(1)" },
			`token URL is "javascript:alert(1)"` + wantURL,
		},
		"user without a scheme": {
			func(c *Config) { c.TokenURL = "me:hush@idp.example.com/token" },
			`token URL is "…@idp.example.com/token"` + wantURL,
		},
		"user": {
			func(c *Config) { c.TokenURL = "https://me:hush@h/token" },
			`token URL contains a user name or password; set the client ID and the client secret instead`,
		},
		"fragment": {
			func(c *Config) { c.TokenURL = "https://h/token#hush" },
			`token URL must not contain a fragment (RFC 6749 §3.2); remove it`,
		},
		"empty fragment": {
			func(c *Config) { c.TokenURL = "https://h/token#" },
			`token URL must not contain a fragment (RFC 6749 §3.2); remove it`,
		},
		"secret in the URL": {
			func(c *Config) { c.TokenURL = "https://h/token?client_secret=hush" },
			`token URL must not contain client_secret in its query, which ends up in logs (RFC 6749 §2.3.1); set the client secret instead`,
		},
		"no client": {func(c *Config) { c.ClientID = "" }, `client ID is empty; it must be the client's identifier`},
		"no method": {
			func(c *Config) { c.Auth = ClientAuth{} },
			`client authentication is missing; it must be an authentication method`,
		},
		"scope with a space": {
			func(c *Config) { c.Scope = []string{"ok", "a b"} },
			`scope contains "a b"; a scope must be printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"empty scope": {
			func(c *Config) { c.Scope = []string{""} },
			`scope contains ""; a scope must be printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"scope with a quote": {
			func(c *Config) { c.Scope = []string{`a"b`} },
			`scope contains "a\"b"; a scope must be printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"scope with an umlaut": {
			func(c *Config) { c.Scope = []string{"ä"} },
			`scope contains "ä"; a scope must be printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
		},
		"relative resource": {
			func(c *Config) { c.Resource = []string{"/api?k=hush"} },
			`resource contains "/api…"; a resource must be an absolute URI without a fragment (RFC 8707 §2)`,
		},
		"resource with a fragment": {
			func(c *Config) { c.Resource = []string{"https://api.example.com/#hush"} },
			`resource contains "https://api.example.com/…"; a resource must be an absolute URI without a fragment (RFC 8707 §2)`,
		},
		"reserved parameter": {
			func(c *Config) { c.Params = url.Values{"client_secret": {"hush"}} },
			`parameters must not contain "client_secret", which is set to the client secret; remove it`,
		},
		"the identifier of another client": {
			func(c *Config) { c.Params = url.Values{"client_id": {"another"}} },
			`parameters must not contain a "client_id" other than the client ID; make the two equal, or remove it`,
		},
		"the identifier twice": {
			func(c *Config) { c.Params = url.Values{"client_id": {c.ClientID, c.ClientID}} },
			`parameters must not contain a "client_id" other than the client ID; make the two equal, or remove it`,
		},
		"the identifier where the method sends it": {
			func(c *Config) {
				c.Auth, c.Params = ClientSecretPost(c.ClientID, "hush"), url.Values{"client_id": {c.ClientID}}
			},
			`parameters must not contain "client_id", which is set to the client ID; remove it`,
		},
		"another grant": {
			func(c *Config) { c.Params = url.Values{"grant_type": {"password"}} },
			`parameters must not contain "grant_type", which is always client_credentials; remove it`,
		},
		"nameless parameter": {
			func(c *Config) { c.Params = url.Values{"": {"hush"}} },
			`parameters must not contain a parameter without a name; remove it`,
		},
		"second authentication": {
			func(c *Config) { c.Header = http.Header{"authorization": {"Basic hush"}} },
			`headers must not contain "authorization", which the token request sets; remove it`,
		},
		"header name": {
			func(c *Config) { c.Header = http.Header{"a b": {"hush"}} },
			`headers must not contain "a b", which is not a header name (RFC 9110 §5.1)`,
		},
		"empty header name": {
			func(c *Config) { c.Header = http.Header{"": {"hush"}} },
			`headers must not contain "", which is not a header name (RFC 9110 §5.1)`,
		},
		"smuggled header": {
			func(c *Config) { c.Header = http.Header{"X": {"hush\r\nAuthorization: Basic x"}} },
			`headers must not contain a control character, but the value of "X" does`,
		},
		"raw with a colon": {
			func(c *Config) { c.Auth = ClientSecretBasic("a:b", "hush", BasicRaw) },
			`client ID must not contain a colon with the raw encoding of Basic authentication; use the form encoding`,
		},
		"raw with a control character": {
			func(c *Config) { c.Auth = ClientSecretBasic("a", "hush\n", BasicRaw) },
			`client secret must not contain a control character with the raw encoding of Basic authentication; use the form encoding`,
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
		_, err := checkURL(FieldTokenURL, text)
		assert.NoError(t, err, text)
	}
}

func TestReservedHeadersAreCanonical(t *testing.T) {
	t.Parallel()
	for _, name := range reservedHeaders {
		assert.Equal(t, http.CanonicalHeaderKey(name), name)
	}
}

// A URL that cannot be used is shown without what may be secret.
func TestShownURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "idp": "idp", "?client_secret=x": "…", "#x": "…", "/token?client_secret=x#y": "/token…",
		"@idp": "…@idp", "user:password@idp": "…@idp", "a@b@idp?c@d": "…@idp…",
	} {
		assert.Equal(t, want, shown(text), text)
	}
}
