package oauth

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// exchangeServer answers both requests and remembers their forms.
type exchangeServer struct {
	forms   []url.Values
	headers []http.Header
	first   func() *http.Response // of the client-credentials grant
	second  func() *http.Response // of the exchange
}

const (
	firstToken  = `{"access_token":"of-the-client","token_type":"Bearer","expires_in":300,"scope":"all"}`
	secondToken = `{"access_token":"exchanged","token_type":"Bearer","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","expires_in":200}`
)

func newExchangeServer() *exchangeServer {
	return &exchangeServer{
		first:  func() *http.Response { return answer(200, typeJSON, firstToken) },
		second: func() *http.Response { return answer(200, typeJSON, secondToken) },
	}
}

func (s *exchangeServer) do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	s.forms, s.headers = append(s.forms, form), append(s.headers, r.Header)
	if form.Get("grant_type") == GrantClientCredentials {
		return s.first(), nil
	}
	return s.second(), nil
}

func exchanging(x Exchange) Config {
	c := config()
	c.Scope, c.Audience, c.Params = []string{"all"}, []string{"first"}, url.Values{"tenant": {"blue"}}
	c.Exchange = &x
	return c
}

func TestExchangeRequests(t *testing.T) {
	t.Parallel()
	const idToken = "urn:ietf:params:oauth:token-type:id_token"
	for name, c := range map[string]struct {
		exchange Exchange
		form     url.Values // beside what is always there
	}{
		"by default the client's token is the subject": {Exchange{}, url.Values{
			"subject_token": {"of-the-client"}, "subject_token_type": {TokenTypeAccessToken},
		}},
		"for somewhere else, of less scope": {
			Exchange{
				Audience: []string{"a", "b"}, Resource: []string{"urn:a", "urn:b"}, Scope: []string{"x", "y"},
				RequestedTokenType: TokenTypeJWT, SubjectTokenType: TokenTypeJWT,
			},
			url.Values{
				"subject_token": {"of-the-client"}, "subject_token_type": {TokenTypeJWT},
				"audience": {"a", "b"}, "resource": {"urn:a", "urn:b"}, "scope": {"x y"}, "requested_token_type": {TokenTypeJWT},
			},
		},
		"the client acts": {
			Exchange{SubjectToken: secret.New("of-a-user"), SubjectTokenType: idToken},
			url.Values{
				"subject_token": {"of-a-user"}, "subject_token_type": {idToken},
				"actor_token": {"of-the-client"}, "actor_token_type": {TokenTypeAccessToken},
			},
		},
		"somebody else acts": {
			Exchange{ActorToken: secret.New("of-a-service"), ActorTokenType: TokenTypeJWT},
			url.Values{
				"subject_token": {"of-the-client"}, "subject_token_type": {TokenTypeAccessToken},
				"actor_token": {"of-a-service"}, "actor_token_type": {TokenTypeJWT},
			},
		},
	} {
		s := newExchangeServer()
		s.second = func() *http.Response {
			issued := orAccessToken(c.exchange.RequestedTokenType)
			return answer(200, typeJSON, strings.ReplaceAll(secondToken, TokenTypeAccessToken, issued))
		}
		client := newClient(t, exchanging(c.exchange))
		for range 2 {
			token, err := client.Token(context.Background(), s.do)
			require.NoError(t, err, name)
			assert.Equal(t, "exchanged", token.AccessToken.Reveal(), name)
		}
		require.Len(t, s.forms, 4, name)
		first := url.Values{"grant_type": {"client_credentials"}, "scope": {"all"}, "audience": {"first"}, "tenant": {"blue"}}
		c.form.Set("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
		c.form.Set("tenant", "blue")
		assert.Equal(t, []url.Values{first, c.form, first, c.form}, s.forms, name)
		for _, header := range s.headers {
			assert.Equal(t, s.headers[0], header, "the client authenticates as before")
		}
	}
}

// Every attempt of either request authenticates again.
func TestExchangeSignsEachRequest(t *testing.T) {
	t.Parallel()
	c := exchanging(Exchange{})
	auth, err := ClientSecretJWT(Assertion{ClientID: testID}, strings.Repeat("s", 32), "")
	require.NoError(t, err)
	c.Auth = auth
	s := newExchangeServer()
	s.second = func() *http.Response {
		if len(s.forms) == 2 {
			return answer(503, typeJSON, `{}`)
		}
		return answer(200, typeJSON, secondToken)
	}
	_, err = newClient(t, c).TokenWithRetry(context.Background(), Doer(s.do), Retry{Attempts: 2}, nil)
	require.NoError(t, err)
	seen := make(map[string]bool)
	for _, form := range s.forms {
		seen[form.Get("client_assertion")] = true
	}
	assert.Len(t, seen, 3)
}

func TestExchangeScopeAndLifetime(t *testing.T) {
	t.Parallel()
	body := func(expires, scope string) func() *http.Response {
		return func() *http.Response {
			time.Sleep(10 * time.Second)
			return answer(200, typeJSON, fmt.Sprintf(`{"access_token":"t","issued_token_type":%q%s%s}`, TokenTypeAccessToken,
				expires, scope))
		}
	}
	for name, c := range map[string]struct {
		first, second, scope string
		asked                []string
		lifetime             time.Duration
		granted              string
	}{
		"the new token ends first":      {`,"expires_in":300`, `,"expires_in":200`, ``, nil, 200 * time.Second, ""},
		"the client's token ends first": {`,"expires_in":300`, `,"expires_in":3600`, ``, nil, 290 * time.Second, ""},
		"the exchange does not tell":    {`,"expires_in":300`, ``, ``, nil, 290 * time.Second, ""},
		"the exchange tells nonsense":   {`,"expires_in":300`, `,"expires_in":0`, ``, nil, 290 * time.Second, ""},
		"the first grant does not tell": {``, `,"expires_in":200`, ``, nil, 200 * time.Second, ""},
		"neither tells":                 {``, ``, ``, nil, 0, ""},
		"what was asked for":            {``, ``, ``, []string{"a", "b"}, 0, "a b"},
		"less":                          {``, ``, `,"scope":"a"`, []string{"a", "b"}, 0, "a"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newExchangeServer()
			s.first, s.second = body(c.first, ""), body(c.second, c.scope) //nolint:bodyclose // the client closes it
			token, err := newClient(t, exchanging(Exchange{Scope: c.asked})).Token(t.Context(), s.do)
			require.NoError(t, err, name)
			assert.Equal(t, c.lifetime, token.ExpiresIn, name)
			assert.Empty(t, token.NoLifetime, "there is a lifetime, or nobody said anything")
			assert.Equal(t, c.granted, token.Scope, name)
			assert.Equal(t, 10*time.Second, time.Since(token.RequestedAt), "the lifetime counts from the second request")
		})
	}
}

// A token is of no use when it has expired, or the one that it was made of has, before it arrives.
func TestExchangeThatEndsAfterTheToken(t *testing.T) {
	t.Parallel()
	body := func(members string) func() *http.Response {
		return func() *http.Response {
			time.Sleep(10 * time.Second)
			return answer(200, typeJSON, fmt.Sprintf(`{"access_token":"t","issued_token_type":%q%s}`, TokenTypeAccessToken,
				members))
		}
	}
	for want, ttls := range map[string][2]string{
		"invalid_response (HTTP 200) in the client credentials grant: " +
			"the token had expired when it arrived: its lifetime is 10s, and the response took 10s": {`,"expires_in":10`, ``},
		"invalid_response (HTTP 200) in the token exchange: " +
			"the token had expired when it arrived: its lifetime is 5s, and the response took 10s": {``, `,"expires_in":5`},
		"invalid_response (HTTP 200) in the token exchange: " +
			"the token had expired when it arrived: its lifetime is 20s, and the response took 20s": {
			`,"expires_in":20`,
			`,"expires_in":200`,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newExchangeServer()
			s.first, s.second = body(ttls[0]), body(ttls[1]) //nolint:bodyclose // the client closes it
			_, err := newClient(t, exchanging(Exchange{})).Token(t.Context(), s.do)
			require.EqualError(t, err, want)
		})
	}
}

// An answer that does not say that its token is an access token is none (RFC 8693 §2.2.1).
func TestExchangeAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		requested, body, problem string
	}{
		"no issued_token_type": {
			"", `{"access_token":"t","token_type":"Bearer"}`,
			"the answer has no issued_token_type (RFC 8693 §2.2.1)",
		},
		"no access token": {
			"", `{"access_token":"t","token_type":"n_a","issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}`,
			"the token_type is N_A: the token is not an access token (RFC 8693 §2.2.1)",
		},
		"a refresh token": {
			"", `{"access_token":"t","token_type":"Bearer","issued_token_type":"urn:ietf:params:oauth:token-type:refresh_token"}`,
			"the issued_token_type is urn:ietf:params:oauth:token-type:refresh_token, which is not an access token (RFC 8693 §3)",
		},
		"not what was asked for": {
			TokenTypeJWT, `{"access_token":"t","token_type":"Bearer","issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}`,
			"the issued_token_type is urn:ietf:params:oauth:token-type:access_token, not urn:ietf:params:oauth:token-type:jwt",
		},
	} {
		s := newExchangeServer()
		s.second = func() *http.Response { return answer(200, typeJSON, c.body) }
		_, err := newClient(t, exchanging(Exchange{RequestedTokenType: c.requested})).Token(context.Background(), s.do)
		assert.EqualError(t, err, "invalid_response (HTTP 200) in the token exchange: "+c.problem, name)
	}
	s := newExchangeServer()
	s.second = func() *http.Response {
		return answer(200, typeForm, "access_token=t&token_type=bearer&issued_token_type="+url.QueryEscape(TokenTypeJWT))
	}
	token, err := newClient(t, exchanging(Exchange{})).Token(context.Background(), s.do)
	require.NoError(t, err)
	assert.Equal(t, TokenTypeJWT, token.IssuedType)
}

// The error and the attempts say which of the two requests it was. Each is repeated for itself.
func TestExchangeFailures(t *testing.T) {
	t.Parallel()
	refusal := func() *http.Response {
		return answer(400, typeJSON, `{"error":"invalid_request","error_description":"expired"}`)
	}
	unavailable := func() *http.Response { return answer(503, typeJSON, `{}`) }
	for name, c := range map[string]struct {
		first, second func() *http.Response
		attempts      string
		grant, text   string
	}{
		"the first is refused": {
			refusal, nil, "client_credentials 1", GrantClientCredentials,
			"invalid_request (HTTP 400) in the client credentials grant: expired",
		},
		"the second is refused": {
			nil, refusal, "client_credentials 1, token_exchange 1", GrantTokenExchange,
			"invalid_request (HTTP 400) in the token exchange: expired",
		},
		"the first does not come": {
			unavailable, nil, "client_credentials 1, client_credentials 2, client_credentials 3", GrantClientCredentials,
			"http_error (HTTP 503) in the client credentials grant: the answer has no OAuth error code",
		},
		"the second does not come": {
			nil, unavailable, "client_credentials 1, token_exchange 1, token_exchange 2, token_exchange 3", GrantTokenExchange,
			"http_error (HTTP 503) in the token exchange: the answer has no OAuth error code",
		},
	} {
		s := newExchangeServer()
		if c.first != nil {
			s.first = c.first
		}
		if c.second != nil {
			s.second = c.second
		}
		var seen []string
		token, err := newClient(t, exchanging(Exchange{})).TokenWithRetry(context.Background(), Doer(s.do),
			Retry{Attempts: 3}, func(a Attempt) {
				seen = append(seen, fmt.Sprintf("%s %d", a.GrantType, a.Number))
				if a.Err != nil {
					assert.Equal(t, a.GrantType, a.Err.Grant, name)
				}
			})
		assert.Nil(t, token, name)
		assert.EqualError(t, err, c.text, name)
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, c.grant, failure.Grant, name)
		assert.Equal(t, c.attempts, strings.Join(seen, ", "), name)
	}
	_, err := newClient(t, config()).Token(context.Background(), always(400, typeJSON, `{"error":"invalid_request"}`))
	assert.EqualError(t, err, "invalid_request (HTTP 400)", "where there is one request the error does not name it")
}

// The budget is one for both.
func TestExchangeSharesTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newExchangeServer()
		s.first = func() *http.Response {
			if len(s.forms) == 1 {
				return answer(503, typeJSON, `{}`, "Retry-After", "40")
			}
			return answer(200, typeJSON, firstToken)
		}
		s.second = func() *http.Response { return answer(503, typeJSON, `{}`, "Retry-After", "40") }
		begin := time.Now()
		_, err := newClient(t, exchanging(Exchange{})).TokenWithRetry(t.Context(), Doer(s.do),
			Retry{Attempts: 3, Budget: time.Minute}, nil)
		assert.ErrorContains(t, err, "in the token exchange")
		assert.Equal(t, 40*time.Second, time.Since(begin), "another 40 seconds are not left")
		assert.Len(t, s.forms, 3)
	})
}

func TestWrongExchanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		exchange Exchange
		problem  string
	}{
		"two others": {
			Exchange{SubjectToken: secret.New("a"), ActorToken: secret.New("b")},
			`actor token contradicts the subject token; set only one of the two, because the client's own token is the other`,
		},
		"a type without a token": {
			Exchange{ActorTokenType: TokenTypeJWT},
			`actor token type has no effect without an actor token; set the actor token, or the subject token to make the client the actor`,
		},
		"a type that is no URI": {
			Exchange{SubjectTokenType: "jwt"},
			`subject token type is "jwt"; it must be a URI such as urn:ietf:params:oauth:token-type:access_token (RFC 8693 §3)`,
		},
		"a type of no access token": {
			Exchange{RequestedTokenType: "urn:ietf:params:oauth:token-type:refresh_token"},
			`requested token type is "urn:ietf:params:oauth:token-type:refresh_token"; it must be ` +
				`"urn:ietf:params:oauth:token-type:access_token" or "urn:ietf:params:oauth:token-type:jwt"`,
		},
		"scope": {Exchange{Scope: []string{`a"b`}}, `exchange scope contains "a\"b"; a scope must be printable ASCII`},
		"resource": {
			Exchange{Resource: []string{"https://api#x"}},
			`exchange resource contains "https://api…"; a resource must be an absolute URI without a fragment (RFC 8707 §2)`,
		},
	} {
		_, err := NewClient(exchanging(c.exchange))
		assert.ErrorContains(t, err, c.problem, name)
	}
	for _, name := range []string{
		"subject_token", "subject_token_type", "actor_token", "actor_token_type",
		"requested_token_type",
	} {
		c := config()
		c.Params = url.Values{name: {"x"}}
		_, err := NewClient(c)
		assert.EqualError(t, err, fmt.Sprintf(`parameters must not contain %q, which is set by the token exchange; remove it`,
			name))
	}
}
