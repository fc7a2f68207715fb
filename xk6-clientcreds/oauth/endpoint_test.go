package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const endpointURL = "https://idp.example.com/introspect?tenant=blue"

func newTestEndpoint(t testing.TB, c Config) *Endpoint {
	t.Helper()
	e, err := NewEndpoint(FieldIntrospectionURL, endpointURL, c)
	require.NoError(t, err)
	return e
}

// The request of RFC 7662 §2.1 and RFC 7009 §2.1: the token is in the body, and the client
// authenticates in its own way.
func TestEndpointRequest(t *testing.T) {
	t.Parallel()
	const token = "mF_9.B5f-4.1JqM+/="
	for name, c := range map[string]struct {
		auth          ClientAuth
		authorization string
		form          url.Values
	}{
		"client_secret_basic": {
			ClientSecretBasic(testID, testSecret, BasicForm), "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3",
			url.Values{"token": {token}, "token_type_hint": {"access_token"}},
		},
		"client_secret_post": {
			ClientSecretPost(testID, testSecret), "",
			url.Values{
				"token": {token}, "token_type_hint": {"access_token"}, "client_id": {testID},
				"client_secret": {testSecret},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := Config{Auth: c.auth, Header: http.Header{"x-gateway": {"key"}, "Accept": {"application/json, */*"}}}
			e := newTestEndpoint(t, config)
			n := 0
			do := func(r *http.Request) (*http.Response, error) {
				n++
				body, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				form, err := url.ParseQuery(string(body))
				require.NoError(t, err)
				assert.Equal(t, c.form, form)
				assert.Equal(t, http.MethodPost, r.Method)
				assert.Equal(t, endpointURL, r.URL.String())
				assert.Equal(t, c.authorization, r.Header.Get("Authorization"))
				assert.Equal(t, "key", r.Header.Get("X-Gateway"))
				assert.Equal(t, "application/json, */*", r.Header.Get("Accept"))
				assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
				return answer(200, "application/json", `{"active":true}`), nil
			}
			_, err := e.Introspect(context.Background(), do, token)
			require.NoError(t, err)
			status, err := e.Revoke(context.Background(), do, token)
			require.NoError(t, err)
			assert.Equal(t, 200, status)
			assert.Equal(t, 2, n)
		})
	}
}

// A token that the server does not know is revoked, also when the server names it invalid with the status of a success.
func TestRevokeOfAnUnknownToken(t *testing.T) {
	t.Parallel()
	e := newTestEndpoint(t, Config{Auth: ClientAuth{Method: "test", Apply: func(context.Context, *TokenRequest) error { return nil }}})
	status, err := e.Revoke(context.Background(), always(200, "application/json", `{"error":"invalid_token"}`), "t")
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	for _, refused := range []Doer{
		always(400, "application/json", `{"error":"invalid_token"}`), always(200, "application/json", `{"error":"server_error"}`),
	} {
		_, err := e.Revoke(context.Background(), refused, "t")
		require.Error(t, err)
	}
}

func TestEveryTokenQueryAuthenticatesAnew(t *testing.T) {
	t.Parallel()
	n := 0
	auth := ClientAuth{Method: "test", Apply: func(_ context.Context, r *TokenRequest) error {
		n++
		assert.Equal(t, endpointURL, r.URL.String())
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		assert.Empty(t, r.Header.Get("Authorization"))
		r.Header.Set("Authorization", "n")
		r.URL.Path = "/elsewhere"
		if n == 3 {
			return errors.New("no key")
		}
		return nil
	}}
	e := newTestEndpoint(t, Config{Auth: auth})
	do := always(200, "application/json", `{"active":false}`)
	for range 2 {
		_, err := e.Introspect(context.Background(), do, "t")
		require.NoError(t, err)
	}
	_, err := e.Revoke(context.Background(), func(*http.Request) (*http.Response, error) {
		t.Error("sent without authentication")
		return nil, io.EOF
	}, "t")
	require.Error(t, err)
	assert.Equal(t, 3, n)
}

func TestNewEndpointNamesTheOption(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                            `revocation URL is empty` + wantURL,
		"/revoke":                     `revocation URL is "/revoke"` + wantURL,
		"https://me:hush@h/revoke":    `revocation URL contains a user name or password; set the client ID and the client secret instead`,
		"https://idp.example.com/r#x": `revocation URL must not contain a fragment (RFC 6749 §3.2); remove it`,
	} {
		_, err := NewEndpoint(FieldRevocationURL, address, Config{})
		require.EqualError(t, err, want)
	}
}

func TestIntrospect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want Introspection
		err  string
	}{
		// RFC 7662 §2.2
		"active": {
			body: `{"active": true, "client_id": "l238j323ds-23ij4", "username": "jdoe", "scope": "read write dolphin", "exp": 1419356238}`,
			want: Introspection{Active: true, Scope: "read write dolphin"},
		},
		"inactive":            {body: `{"active":false}`},
		"scope in an array":   {body: `{"active":true,"scope":["a","b"]}`, want: Introspection{Active: true, Scope: "a b"}},
		"scope of no type":    {body: `{"active":true,"scope":7}`, want: Introspection{Active: true}},
		"a mark before it":    {body: "\xef\xbb\xbf" + `{"active":true}`, want: Introspection{Active: true}},
		"empty":               {body: ``, err: "the answer is not a JSON object"},
		"null":                {body: `null`, err: "the answer is not a JSON object"},
		"an array":            {body: `[{"active":true}]`, err: "the answer is not a JSON object"},
		"a JWT":               {body: `eyJhbGciOiJub25lIn0.eyJhY3RpdmUiOnRydWV9.`, err: "the answer is not a JSON object"},
		"cut off":             {body: `{"active":true`, err: "the answer is not a JSON object"},
		"another case":        {body: `{"Active":true}`, err: "the answer has no member active (RFC 7662 §2.2)"},
		"active as text":      {body: `{"active":"true"}`, err: "the member active is not a boolean (RFC 7662 §2.2)"},
		"active as number":    {body: `{"active":1}`, err: "the member active is not a boolean (RFC 7662 §2.2)"},
		"active as null":      {body: `{"active":null}`, err: "the member active is not a boolean (RFC 7662 §2.2)"},
		"beyond any number":   {body: `{"active":true,"exp":1e400}`, err: "the answer has a number that is out of range"},
		"the last word holds": {body: `{"active":true,"active":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newTestEndpoint(t, config()).Introspect(context.Background(), always(200, "application/json", c.body),
				"t")
			if c.err != "" {
				require.Equal(t, &Error{Code: CodeInvalidResponse, Status: 200, Description: c.err}, err)
				return
			}
			require.NoError(t, err)
			assert.JSONEq(t, strings.TrimPrefix(c.body, "\xef\xbb\xbf"), string(got.Members))
			got.Members, c.want.Status = nil, 200
			assert.Equal(t, &c.want, got)
		})
	}
}

// Answers of an endpoint that are failures. A revocation's 200 is one with any body (RFC 7009
// §2.2), except for the body of an error.
func TestEndpointErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   Doer
		want Error
	}{
		"OAuth error": {
			always(401, "application/json", `{"error":"invalid_client","error_description":"no\nsuch client"}`),
			Error{Code: "invalid_client", Status: 401, Description: "no such client"},
		},
		"OAuth error with 200": {
			always(200, "application/json", `{"error":"invalid_request"}`),
			Error{Code: "invalid_request", Status: 200},
		},
		"page": {
			always(503, "text/html", `<p>sorry`, "Retry-After", "7"),
			Error{
				Code: CodeHTTPError, Status: 503, Description: "the answer is not JSON, but text/html",
				RetryAfter: 7 * time.Second,
			},
		},
		"redirect": {
			always(302, "", "", "Location", "https://elsewhere.example"),
			Error{
				Code: CodeHTTPError, Status: 302,
				Description: "the endpoint redirects to https://elsewhere.example, and credentials do not follow a redirect; " +
					"configure the final URL",
			},
		},
		"large": {
			always(200, "", strings.Repeat(" ", maxBody+1)),
			Error{Code: CodeInvalidResponse, Status: 200, Description: "the answer is larger than 1 MiB"},
		},
		"large error": {
			always(500, "", strings.Repeat(" ", maxBody+1)),
			Error{Code: CodeHTTPError, Status: 500, Description: "the answer is larger than 1 MiB"},
		},
		"cut off": {
			func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))}, nil
			},
			Error{
				Code: CodeConnectionReset, Status: 200,
				Description: "the connection was closed before the answer was complete",
			},
		},
		"no answer": {
			func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded },
			Error{Code: CodeTimeout, Description: "no answer in time"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEndpoint(t, config())
			status, err := e.Revoke(context.Background(), c.do, "hush-token")
			assert.Zero(t, status)
			_, err2 := e.Introspect(context.Background(), c.do, "hush-token")
			for _, err := range []error{err, err2} {
				var got *Error
				require.ErrorAs(t, err, &got)
				shown := *got
				shown.cause = nil
				assert.Equal(t, c.want, shown)
				assert.NotContains(t, err.Error(), "hush-token")
			}
		})
	}
	status, err := newTestEndpoint(t, config()).Revoke(context.Background(), always(204, "text/html", "<p>done"), "t")
	require.NoError(t, err)
	assert.Equal(t, 204, status)
}

func TestUnsupportedTokenTypeIsFinal(t *testing.T) {
	t.Parallel()
	e := &Error{Code: "unsupported_token_type", Status: 503} // RFC 7009 §2.2.1
	assert.Equal(t, "unsupported_token_type", e.Label())
	assert.False(t, e.Retryable())
}

func FuzzIntrospection(f *testing.F) {
	f.Add([]byte(`{"active":true,"scope":"a"}`))
	f.Add([]byte(`{"active":"true"}`))
	f.Add([]byte(`{"active":true,"exp":-1e400,"nested":[{"n":1E+309}]}`))
	f.Add([]byte("\xef\xbb\xbf{\"active\":false,\"scope\":[\"a\"]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, problem := parseIntrospection(body)
		if (got == nil) == (problem == "") {
			t.Fatalf("%+v and %q", got, problem)
		}
		var value any
		if got != nil && json.Unmarshal(got.Members, &value) != nil {
			t.Fatalf("no script can have this: %s", got.Members)
		}
		if got != nil && got.Active && !strings.Contains(string(body), "true") {
			t.Fatalf("active without a word of it: %s", body)
		}
	})
}

// Authorization details are sent as they are (RFC 9396 §2), in one parameter.
func TestAuthorizationDetails(t *testing.T) {
	t.Parallel()
	const details = `[{"type":"payment_initiation","amount":"1+2 & é"}]`
	c := config()
	c.AuthorizationDetails = details
	_, body := sent(t, c)
	form, err := url.ParseQuery(body)
	require.NoError(t, err)
	assert.Equal(t, []string{details}, form["authorization_details"])
	_, body = sent(t, config())
	assert.NotContains(t, body, "authorization_details")

	const shape = `authorization details must be a non-empty array of objects with a type (RFC 9396 §2)`
	const kind = `authorization details must have a type, a non-empty string, in each object (RFC 9396 §2), but object `
	for text, want := range map[string]string{
		`{"type":"a"}`: shape, `[]`: shape, `null`: shape, `["a"]`: shape, `"[{\"type\":\"a\"}]"`: shape,
		`[{"type":"a"}`: shape,
		`[{}]`:          kind + "1 has none", `[null]`: kind + "1 has none",
		`[{"type":"a"},{"type":""}]`: kind + "2 has none",
		`[{"type":null}]`:            kind + "1 has none", `[{"type":["a"]}]`: kind + "1 has none",
		`[{"Type":"a"}]`: kind + "1 has none",
	} {
		c.AuthorizationDetails = text
		_, err := NewClient(c)
		require.EqualError(t, err, want, text)
	}
}
