package oauth

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
	typeHTML = "text/html; charset=utf-8"
)

// Every wrong answer, with the exact text that the user reads.
func TestAnswersWithoutToken(t *testing.T) {
	t.Parallel()
	const redirect = "the token endpoint redirects, and credentials do not follow a redirect; configure the final URL"
	for name, tc := range map[string]struct {
		status    int
		kind      string
		body      string
		want      string
		retryable bool
	}{
		// OAuth errors (RFC 6749 §5.2).
		"invalid_client": {
			401, typeJSON, `{"error":"invalid_client","error_description":"wrong secret"}`,
			"invalid_client (HTTP 401): wrong secret", false,
		},
		"invalid_client as 400": {400, typeJSON, `{"error":"invalid_client"}`, "invalid_client (HTTP 400)", false},
		"invalid_client as 429": {429, typeJSON, `{"error":"invalid_client"}`, "invalid_client (HTTP 429)", false},
		"invalid_client as 503": {503, typeJSON, `{"error":"invalid_client"}`, "invalid_client (HTTP 503)", false},
		"invalid_request":       {400, typeJSON, `{"error":"invalid_request"}`, "invalid_request (HTTP 400)", false},
		"invalid_grant":         {400, typeJSON, `{"error":"invalid_grant"}`, "invalid_grant (HTTP 400)", false},
		"unauthorized_client":   {400, typeJSON, `{"error":"unauthorized_client"}`, "unauthorized_client (HTTP 400)", false},
		"unsupported_grant_type": {
			400, typeJSON, `{"error":"unsupported_grant_type"}`, "unsupported_grant_type (HTTP 400)",
			false,
		},
		"invalid_scope":  {400, typeJSON, `{"error":"invalid_scope"}`, "invalid_scope (HTTP 400)", false},
		"invalid_target": {400, typeJSON, `{"error":"invalid_target"}`, "invalid_target (HTTP 400)", false},
		"slow_down":      {400, typeJSON, `{"error":"slow_down"}`, "slow_down (HTTP 400)", true},
		"server_error":   {500, typeJSON, `{"error":"server_error"}`, "server_error (HTTP 500)", true},
		"unavailable": {
			503, typeJSON, `{"error":"temporarily_unavailable"}`, "temporarily_unavailable (HTTP 503)",
			true,
		},
		"own code, 400": {400, typeJSON, `{"error":"tenant_not_found"}`, "tenant_not_found (HTTP 400)", false},
		"own code, 429": {429, typeJSON, `{"error":"too_many_requests"}`, "too_many_requests (HTTP 429)", true},
		"own code, 503": {503, typeJSON, `{"error":"overloaded"}`, "overloaded (HTTP 503)", true},
		"200 with an error": {
			200, typeJSON, `{"error":"invalid_scope","access_token":"hush"}`,
			"invalid_scope (HTTP 200)", false,
		},
		"302 with an error": {302, typeJSON, `{"error":"access_denied"}`, "access_denied (HTTP 302)", false},
		"error in a form": {
			400, typeForm, "error=invalid_client&error_description=no+such+client",
			"invalid_client (HTTP 400): no such client", false,
		},
		"error as HTML by type": {400, typeHTML, `{"error":"invalid_client"}`, "invalid_client (HTTP 400)", false},
		"control characters": {
			400, typeJSON, "{\"error\":\"invalid_scope\",\"error_description\":\"a\\nb\\u001b[31mc\\u202ed\\u2028e\\u0000\"}",
			"invalid_scope (HTTP 400): a b [31mc d e", false,
		},
		"long description": {
			400, typeJSON, `{"error":"invalid_scope","error_description":"` + strings.Repeat("ä", 5000) + `"}`,
			"invalid_scope (HTTP 400): " + strings.Repeat("ä", 4096) + "…", false,
		},
		"description of another type": {
			400, typeJSON, `{"error":"invalid_scope","error_description":{"a":1}}`,
			"invalid_scope (HTTP 400)", false,
		},

		// Answers of others than the authorization server.
		"HTML 502": {
			502, typeHTML, "<html>hush</html>",
			"http_error (HTTP 502): the answer is not JSON, but text/html; charset=utf-8", true,
		},
		"HTML 429": {
			429, typeHTML, "<html>hush</html>",
			"http_error (HTTP 429): the answer is not JSON, but text/html; charset=utf-8", true,
		},
		"HTML 404": {
			404, typeHTML, "<html>hush</html>",
			"http_error (HTTP 404): the answer is not JSON, but text/html; charset=utf-8", false,
		},
		"plain 503": {
			503, "text/plain", "busy\x1b[31m\n",
			"http_error (HTTP 503): the answer is not JSON, but text/plain: busy [31m", true,
		},
		"two lines": {
			503, "text/plain", "hush\nhush",
			"http_error (HTTP 503): the answer is not JSON, but text/plain", true,
		},
		"long text": {
			503, "text/plain", strings.Repeat("hush ", 50),
			"http_error (HTTP 503): the answer is not JSON, but text/plain", true,
		},
		"empty 500": {500, "", "", "http_error (HTTP 500): the answer is empty", true},
		"empty 401": {401, typeJSON, "", "http_error (HTTP 401): the answer is empty", false},
		"error of another type": {
			400, typeJSON, `{"error":{"code":"hush"}}`,
			"http_error (HTTP 400): the answer has no OAuth error code", false,
		},
		"token with status 400": {
			400, typeJSON, `{"access_token":"hush"}`,
			"http_error (HTTP 400): the answer has no OAuth error code", false,
		},
		"301":              {301, typeHTML, "", "http_error (HTTP 301): " + redirect, false},
		"302":              {302, "", "", "http_error (HTTP 302): " + redirect, false},
		"307":              {307, "", "", "http_error (HTTP 307): " + redirect, false},
		"308 with a token": {308, typeJSON, `{"access_token":"hush"}`, "http_error (HTTP 308): " + redirect, false},
		"content type of a joker": {
			500, "text/\x1b[31m" + strings.Repeat("x", 90), "hush",
			"http_error (HTTP 500): the answer is not JSON, but text/ [31m" + strings.Repeat("x", 40) + "…", true,
		},
		"too large, not a success": {
			502, typeHTML, strings.Repeat("x", maxBody+1),
			"http_error (HTTP 502): the answer is larger than 1 MiB", true,
		},

		// Successes without a token.
		"204":   {204, "", "", "invalid_response (HTTP 204): the answer is empty", false},
		"empty": {200, typeJSON, "", "invalid_response (HTTP 200): the answer is empty", false},
		"login page": {
			200, typeHTML, "<html>hush</html>",
			"invalid_response (HTTP 200): the answer is not JSON, but text/html; charset=utf-8", false,
		},
		"no content type": {
			200, "", "hush", "invalid_response (HTTP 200): the answer is not JSON and has no content type",
			false,
		},
		"truncated": {
			200, typeJSON, `{"access_token":"hush`,
			"invalid_response (HTTP 200): the answer claims to be application/json, but is not JSON", false,
		},
		"two documents": {
			200, typeJSON, `{"access_token":"hush"}{}`,
			"invalid_response (HTTP 200): the answer claims to be application/json, but is not JSON", false,
		},
		"plain text": {
			200, "text/plain", "hush",
			"invalid_response (HTTP 200): the answer is not JSON, but text/plain", false,
		},
		"page with a title": {
			200, typeHTML, "<TITLE lang=en>\n Sign in\u202e</title>hush",
			"invalid_response (HTTP 200): the answer is not JSON, but text/html; charset=utf-8: Sign in", false,
		},
		"failure as 200": {
			200, typeJSON, `{"status":"error","message":"locked"}`,
			"invalid_response (HTTP 200): the answer has no access_token: locked", false,
		},
		"garbage": {
			200, "application/octet-stream", "\x00\xff\x1bhush",
			"invalid_response (HTTP 200): the answer is not JSON, but application/octet-stream", false,
		},
		"array": {
			200, typeJSON, `[{"access_token":"hush"}]`,
			"invalid_response (HTTP 200): the answer is JSON, but not an object", false,
		},
		"string": {
			200, typeJSON, `"hush"`, "invalid_response (HTTP 200): the answer is JSON, but not an object",
			false,
		},
		"null": {
			200, typeJSON, ` null`, "invalid_response (HTTP 200): the answer is JSON, but not an object",
			false,
		},
		"number": {
			200, typeJSON, `12`, "invalid_response (HTTP 200): the answer is JSON, but not an object",
			false,
		},
		"empty object": {200, typeJSON, `{}`, "invalid_response (HTTP 200): the answer has no access_token", false},
		"empty token": {
			200, typeJSON, `{"access_token":""}`,
			"invalid_response (HTTP 200): the answer has no access_token", false,
		},
		"null token": {
			200, typeJSON, `{"access_token":null}`,
			"invalid_response (HTTP 200): the answer has no access_token", false,
		},
		"numeric token": {
			200, typeJSON, `{"access_token":12}`,
			"invalid_response (HTTP 200): the answer has no access_token", false,
		},
		"only an id_token": {
			200, typeJSON, `{"id_token":"hush"}`,
			"invalid_response (HTTP 200): the answer has no access_token", false,
		},
		"form, no token": {200, typeForm, "hush=1", "invalid_response (HTTP 200): the answer has no access_token", false},
		"broken form": {
			200, typeForm, "access_token=%zz",
			"invalid_response (HTTP 200): the answer is not JSON, but application/x-www-form-urlencoded", false,
		},
		"token with CRLF": {
			200, typeJSON, `{"access_token":"a\r\nb"}`,
			"invalid_response (HTTP 200): the access_token has characters that no header can carry", false,
		},
		"token with DEL": {
			200, typeJSON, `{"access_token":"a\u007fb"}`,
			"invalid_response (HTTP 200): the access_token has characters that no header can carry", false,
		},
		"token with umlaut": {
			200, typeJSON, `{"access_token":"hüsh"}`,
			"invalid_response (HTTP 200): the access_token has characters that no header can carry", false,
		},
		"token not UTF-8": {
			200, typeJSON, "{\"access_token\":\"a\xff\"}",
			"invalid_response (HTTP 200): the access_token has characters that no header can carry", false,
		},
		"too large": {
			200, typeJSON, `{"access_token":"` + strings.Repeat("x", maxBody) + `"}`,
			"invalid_response (HTTP 200): the answer is larger than 1 MiB", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := newClient(t, config()).Token(context.Background(), always(tc.status, tc.kind, tc.body))
			require.EqualError(t, err, tc.want)
			assert.Nil(t, token)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tc.status, e.Status)
			assert.Equal(t, tc.retryable, e.Retryable())
			assert.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestAnswersWithToken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind, body string
		want       Token
	}{
		"RFC 6749 §4.4.3": {
			"application/json;charset=UTF-8",
			`{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"example_parameter":"example_value"}`,
			Token{AccessToken: secret.New("2YotnFZFEjr1zCsicMWpAA"), Type: "example", ExpiresIn: time.Hour},
		},
		"lower-case type": {
			typeJSON, `{"access_token":"at","token_type":"bearer"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"upper-case type": {
			typeJSON, `{"access_token":"at","token_type":"BEARER"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"as Apigee": {
			typeJSON, `{"access_token":"at","token_type":"BearerToken"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"in two words": {
			typeJSON, `{"access_token":"at","token_type":"bearer_token"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"another type": {typeJSON, `{"access_token":"at","token_type":"JWT"}`, Token{AccessToken: secret.New("at"), Type: "JWT"}},
		"long type": {
			typeJSON, `{"access_token":"at","token_type":"` + strings.Repeat("x", 65) + `"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"longest type": {
			typeJSON, `{"access_token":"at","token_type":"` + strings.Repeat("x", 64) + `"}`,
			Token{AccessToken: secret.New("at"), Type: strings.Repeat("x", 64)},
		},
		"no type": {typeJSON, `{"access_token":"at"}`, Token{AccessToken: secret.New("at"), Type: "Bearer"}},
		"type is no token": {
			typeJSON, `{"access_token":"at","token_type":"Bearer\r\nX: y"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"null everywhere": {
			typeJSON,
			`{"access_token":"at","token_type":null,"expires_in":null,"scope":null,"error":null}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"empty error": {typeJSON, `{"access_token":"at","error":""}`, Token{AccessToken: secret.New("at"), Type: "Bearer"}},
		"numeric string": {
			typeJSON, `{"access_token":"at","expires_in":"3600"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer", ExpiresIn: time.Hour},
		},
		"string with spaces": {
			typeJSON, `{"access_token":"at","expires_in":" 60 "}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer", ExpiresIn: time.Minute},
		},
		"float": {
			typeJSON, `{"access_token":"at","expires_in":3599.75}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer", ExpiresIn: time.Hour - time.Second/4},
		},
		"exponent": {
			typeJSON, `{"access_token":"at","expires_in":36e2}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer", ExpiresIn: time.Hour},
		},
		"huge": {
			typeJSON, `{"access_token":"at","expires_in":9223372036854775807}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer", ExpiresIn: maxTTL},
		},
		"beyond float64": {
			typeJSON, `{"access_token":"at","expires_in":1e400}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer", ExpiresIn: maxTTL},
		},
		"wrong content type": {typeHTML, `{"access_token":"at"}`, Token{AccessToken: secret.New("at"), Type: "Bearer"}},
		"no content type":    {"", `{"access_token":"at"}`, Token{AccessToken: secret.New("at"), Type: "Bearer"}},
		"form, called JSON":  {typeForm, `{"access_token":"at"}`, Token{AccessToken: secret.New("at"), Type: "Bearer"}},
		"byte order mark":    {typeJSON, "\xef\xbb\xbf" + `{"access_token":"at"}`, Token{AccessToken: secret.New("at"), Type: "Bearer"}},
		"much leading space": {
			typeJSON, strings.Repeat(" \r\n", 100) + `{"access_token":"at"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
		"the last one counts": {typeJSON, `{"access_token":"a","access_token":"b"}`, Token{AccessToken: secret.New("b"), Type: "Bearer"}},
		"form": {
			typeForm, "access_token=a%2Fb%3D&token_type=bearer&expires_in=60&scope=r+w",
			Token{AccessToken: secret.New("a/b="), Type: "Bearer", ExpiresIn: time.Minute, Scope: "r w"},
		},
		"as large as allowed": {
			typeJSON, `{"access_token":"at","x":"` + strings.Repeat("x", maxBody-29) + `"}`,
			Token{AccessToken: secret.New("at"), Type: "Bearer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := newClient(t, config()).Token(context.Background(), always(200, tc.kind, tc.body))
			require.NoError(t, err)
			assert.False(t, token.RequestedAt.IsZero())
			tc.want.RequestedAt = token.RequestedAt
			assert.Equal(t, &tc.want, token)
		})
	}
}

func TestErrorMembers(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, config()).Token(context.Background(), always(503, typeJSON,
		`{"error":"slow_down","error_description":"busy","error_uri":"https://idp.example.com/e"}`, "Retry-After", "7"))
	require.EqualError(t, err, "slow_down (HTTP 503): busy (retry after 7s)")
	assert.Equal(t, &Error{
		Code: "slow_down", Description: "busy", URI: "https://idp.example.com/e",
		Status: 503, RetryAfter: 7 * time.Second,
	}, err)
}

// A value that is not a lifetime does not make a token unusable: many servers mean by it that they do not say.
// An answer may have 1 MiB, and not a byte more.
func TestLargestAnswer(t *testing.T) {
	t.Parallel()
	text := func(size int) string { return `{"access_token":"at"}` + strings.Repeat(" ", size-21) }
	client := newClient(t, config())
	_, err := client.Token(t.Context(), always(200, typeJSON, text(maxBody)))
	require.NoError(t, err)
	_, err = client.Token(t.Context(), always(200, typeJSON, text(maxBody+1)))
	require.Error(t, err)
}

func TestLifetimesThatAreNone(t *testing.T) {
	t.Parallel()
	for given, shown := range map[string]string{
		`0`: "0", `-0`: "-0", `-1`: "-1", `-1e400`: "-1e400", `1e-10`: "1e-10", `"0"`: `"0"`, `"-1"`: `"-1"`, `""`: `""`,
		`" "`:  `" "`,
		`"1h"`: `"1h"`, `true`: "true", `[3600]`: "[3600]", `{"value":3600}`: `{"value":3600}`, `"Infinity"`: `"Infinity"`,
		`"NaN"`:   `"NaN"`,
		`"0xe10"`: `"0xe10"`, `"never \u202e, not once"`: `"never \u202e, not o…`,
	} {
		token, err := newClient(t, config()).Token(context.Background(),
			always(200, typeJSON, `{"access_token":"at","expires_in":`+given+`}`))
		require.NoError(t, err, given)
		assert.Zero(t, token.ExpiresIn, given)
		assert.Equal(t, shown, token.NoLifetime, given)
	}
	for body, shown := range map[string]string{
		"": "", "&expires_in=": `""`, "&expires_in=%E2%80%AE0": `"\u202e0"`,
		"&expires_in=60": "",
	} {
		token, err := newClient(t, config()).Token(context.Background(), always(200, typeForm, "access_token=at"+body))
		require.NoError(t, err, body)
		assert.Equal(t, shown, token.NoLifetime, body)
	}
}

// A real server that redirects is asked once, and its target never.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		var asked, target atomic.Int32
		mux := http.NewServeMux()
		mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			http.Redirect(w, r, "/target", status)
		})
		mux.HandleFunc("/target", func(http.ResponseWriter, *http.Request) { target.Add(1) })
		server := httptest.NewServer(mux)
		c := config()
		c.TokenURL = server.URL + "/token"
		_, err := newClient(t, c).TokenWithRetry(context.Background(), Doer(server.Client().Transport.RoundTrip),
			Retry{Attempts: 3}, nil)
		server.Close()
		var e *Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, CodeHTTPError, e.Code)
		assert.Equal(t, status, e.Status)
		assert.Contains(t, e.Description, "/target")
		assert.EqualValues(t, 1, asked.Load())
		assert.Zero(t, target.Load())
	}
}

// A connection is used again after every answer that is read to its end.
func TestConnectionIsKept(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = w.Write([]byte(strings.Repeat("<p>", 10_000)))
	}))
	var connections atomic.Int32
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := config()
	c.TokenURL = server.URL
	client := newClient(t, c)
	for range 6 {
		_, err := client.Token(context.Background(), server.Client().Transport.RoundTrip)
		require.Error(t, err)
	}
	assert.EqualValues(t, 1, connections.Load())
}

// The answers of most servers are read without encoding/json.
func TestFlatObjects(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"access_token":"a.b-c_d~e+f/g=","expires_in":299,"refresh_expires_in":0,"token_type":"Bearer",` +
			`"not-before-policy":0,"scope":"email profile"}`,
		`{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"eyJ0eXAi"}`,
		"{\n  \"access_token\": \"a\",\n  \"token_type\": \"Bearer\"\n}\n",
	} {
		assert.True(t, new(members).readFlat([]byte(body)), body)
	}
}

// BenchmarkResponse reads what servers answer: as RFC 6749 has it, and with numbers in strings as some do.
func BenchmarkResponse(b *testing.B) {
	access := strings.Repeat("a", 800) // as long as a JWT
	for name, body := range map[string]string{
		"plain":    `{"access_token":"` + access + `","token_type":"Bearer","expires_in":3600,"scope":"read write"}`,
		"tolerant": `{"access_token":"` + access + `","token_type":"Bearer","expires_in":"3600","scope":["read","write"]}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {typeJSON}}}
			for b.Loop() {
				if _, err := parseResponse(resp, []byte(body)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
