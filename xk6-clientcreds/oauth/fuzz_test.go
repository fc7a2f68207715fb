package oauth

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

func FuzzTokenResponse(f *testing.F) {
	f.Add(200, typeJSON, `{"access_token":"at","token_type":"Bearer","expires_in":3600,"scope":"a b"}`, "")
	f.Add(200, typeForm, "access_token=at&expires_in=1", "")
	f.Add(400, typeJSON, `{"error":"invalid_client","error_description":"\u0000\u202e"}`, "1")
	f.Add(503, typeHTML, "<html>", "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(200, typeJSON, `{"access_token":"at","expires_in":-1e999,"scope":["a"]}`, "")
	f.Add(200, typeJSON, `{"access_token":"at","expires_in":"\u202enever\u0000"}`, "")
	f.Add(401, typeJSON, `{"error":"Unauthorized","message":"Bad\u202e credentials","errors":[{"title":"x"}]}`, "")
	f.Add(403, typeJSON, `{"error":{"error":{"error":{"errors":[[["x"]]]}}},"fault":{"faultstring":"\u009b"}}`, "")
	f.Add(400, "application/problem+xml", "<problem><title>\u202e</title><detail>x", "")
	f.Add(400, "text/plain", "Client sent an HTTP request to an HTTPS server.\n", "")
	client, err := NewClient(config())
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, status int, kind, body, after string) {
		token, err := client.Token(context.Background(), always(status, kind, body, "Retry-After", after))
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Nil(t, token)
			assert.NotEmpty(t, e.Code)
			assert.Equal(t, status, e.Status)
			assert.LessOrEqual(t, utf8.RuneCountInString(e.Error()), maxDescription+200)
			assert.False(t, strings.ContainsFunc(e.Error(), unicode.IsControl), "%q", e.Error())
			return
		}
		assert.True(t, status >= 200 && status < 300)
		assert.Regexp(t, `^[!#$%&'*+\-.^_`+"`"+`|~0-9A-Za-z]+ [ -~]+$`, token.Authorization())
		assert.GreaterOrEqual(t, token.ExpiresIn, time.Duration(0))
		assert.LessOrEqual(t, token.ExpiresIn, maxTTL)
		assert.False(t, token.NoLifetime != "" && token.ExpiresIn != 0)
		assert.LessOrEqual(t, utf8.RuneCountInString(token.NoLifetime), maxShownLifetime+1)
		assert.False(t, strings.ContainsFunc(token.NoLifetime, unicode.IsControl), "%q", token.NoLifetime)
		assert.True(t, token.RequestedAt.Add(token.ExpiresIn).After(token.RequestedAt) || token.ExpiresIn == 0)
	})
}

func FuzzMetadata(f *testing.F) {
	const issuer = "https://i.example.com"
	f.Add(`{"issuer":"https://i.example.com","token_endpoint":"https://i.example.com/t"}`)
	f.Add(`{"issuer":"\u001b[2J","token_endpoint":""}`)
	f.Add(`[]`)
	f.Add("\xef\xbb\xbf" + `{"issuer":"https://i.example.com","token_endpoint":"https://i.example.com/t","mtls_endpoint_aliases":[],` +
		`"grant_types_supported":"a","tls_client_certificate_bound_access_tokens":"false","token_endpoint_auth_methods_supported":{"0":"b"}}`)
	f.Fuzz(func(t *testing.T, body string) {
		m, err := parseMetadata([]byte(body), issuer)
		if err != nil {
			assert.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err.Error())
			assert.LessOrEqual(t, len(err.Error()), 2000)
			return
		}
		assert.Equal(t, issuer, m.Issuer)
		assert.NotEmpty(t, m.TokenEndpointAuthMethods)
		c := config()
		c.TokenURL = m.TokenEndpoint
		_, err = NewClient(c)
		assert.NoError(t, err)
	})
}

func FuzzWWWAuthenticate(f *testing.F) {
	f.Add(`Bearer realm="x", error="invalid_token"`, `DPoP error=use_dpop_nonce`)
	f.Add(`Negotiate abc==, Basic realm="\"`, "")
	f.Add(`,,= ="\`, "\x00")
	f.Add(`Bearer error="Unauthorized"`, "Bearer realm=\"\u009b31m \u202e\", error=\"invalid token\"")
	f.Fuzz(func(t *testing.T, a, b string) {
		params := 0
		for _, c := range ParseWWWAuthenticate([]string{a, b}) {
			assert.True(t, isToken(c.Scheme), "%q", c.Scheme)
			assert.Equal(t, strings.ToLower(c.Scheme), c.Scheme)
			for name := range c.Params {
				assert.True(t, isToken(name), "%q", name)
				params++
			}
		}
		assert.LessOrEqual(t, params, len(a)+len(b))
		code := ChallengeError([]string{a, b})
		assert.LessOrEqual(t, len(code), maxCode)
		assert.False(t, strings.ContainsFunc(code, unicode.IsControl))
		assert.NotEmpty(t, RejectionLabel(code))
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"120", "-1", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT",
		"Mon, 01 Jan 0001 00:00:00 GMT",
	} {
		f.Add(value)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		d := retryAfter(value, now)
		assert.GreaterOrEqual(t, d, time.Duration(0))
		assert.LessOrEqual(t, d, maxTTL)
	})
}

// A certificate is read, or refused by an error that names its option.
func FuzzParseClientCertificate(f *testing.F) {
	key := testkit.Key(f, "ES256")
	f.Add(certificateOf(f, key, time.Now()), testkit.KeyPEM(f, key))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), []byte("{}"))
	f.Fuzz(func(t *testing.T, chain, key []byte) {
		c, err := ParseClientCertificate(chain, key)
		if err != nil {
			wrong := new(ConfigError)
			require.ErrorAs(t, err, &wrong)
			require.Contains(t, []Field{FieldCertificate, FieldKey, FieldKeyAlgorithm}, wrong.Field)
			return
		}
		require.NotNil(t, c.Certificate())
	})
}

func FuzzKeySet(f *testing.F) {
	key := issuerKey(f, "ES256", "k1")
	public := key.Public()
	text, err := public.MarshalJSON()
	require.NoError(f, err)
	signed := accessToken(f, key, goodClaims())
	f.Add(`{"keys":[`+string(text)+`]}`, signed)
	f.Add(`{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"RSA","n":"","e":"AQAB"}]}`, signed)
	f.Add(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","use":"enc"},null,[],{}]}`, "a.b.c")
	f.Add("\xef\xbb\xbf"+`{"keys":{}}`, "")
	f.Fuzz(func(t *testing.T, body, token string) {
		set, err := parseKeySet([]byte(body))
		if err != nil {
			assert.Nil(t, set)
			return
		}
		require.NotEmpty(t, set.keys)
		for _, k := range set.keys {
			assert.True(t, k.IsPublic() && k.Valid())
		}
		jwt := ParseJWT(token)
		if jwt == nil {
			return
		}
		if err := set.verify(token, "ES256", "\u009b31m\x00"); err != nil {
			assert.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err.Error())
		}
	})
}

func FuzzDate(f *testing.F) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Add("Sun, 01 Mar 2026 12:00:00 GMT", int64(0))
	f.Add("Thu, 01 Jan 1970 00:00:00 GMT", int64(-time.Hour))
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", int64(time.Second))
	f.Add("Sunday, 06-Nov-94 08:49:37 GMT", int64(1))
	f.Fuzz(func(t *testing.T, date string, took int64) {
		sent := now.Add(-time.Duration(took&(1<<40-1)) * time.Nanosecond)
		c := ReadClock(date, sent, now)
		switch {
		case !c.Known():
			assert.Zero(t, c)
		case c.Skew > 0:
			assert.True(t, c.Date.After(now))
		case c.Skew < 0:
			assert.True(t, c.Date.Before(sent))
		default:
			assert.False(t, c.Date.After(now))
			assert.False(t, c.Date.Add(time.Second).Before(sent))
		}
	})
}

// A flat object has the members that encoding/json reads.
func FuzzFlatObject(f *testing.F) {
	for _, body := range []string{
		`{}`, ` { } `, `{"access_token":"a","token_type":"Bearer","expires_in":3600,"scope":"read write"}`,
		`{"error":"invalid_client","error_description":"no such client","error_uri":"https://a.example/?q"}`,
		`{"access_token":"a","access_token":"b","access_token":null}`, `{"Access_Token":"a"}`, `{"access_token":"a"}x`,
		`{"expires_in":"3600","scope":["a"]}`, `{"expires_in":007}`, `{"expires_in":0}`, `{"expires_in":1.5e3}`,
		`{"expires_in":-1,"scope":null}`, `{"not_before_policy":0,"ok":true,"no":false}`, `{"access_token":"\u0061"}`,
		"{\"access_token\":\"a\tb\"}", `{"access_token":"ä"}`, `{"access_token":{"a":"b"}}`, `{"access_token":"a",}`, `{,}`,
		`{"a":truex}`, `{"a"}`, `{"a":`, `{`, ``, `[]`, `"a"`, `{"issued_token_type":"urn:a","expires_in":null}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		flat, want := new(members), new(members)
		if !flat.readFlat(body) {
			return
		}
		require.NoError(t, json.Unmarshal(body, want))
		require.Equal(t, want, flat)
	})
}
