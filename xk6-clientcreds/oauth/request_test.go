package oauth

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The request of RFC 6749 §4.4.2, byte for byte as a server reads it.
func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	var raw bytes.Buffer
	var served sync.WaitGroup
	served.Go(func() {
		conn, err := listener.Accept()
		if !assert.NoError(t, err) {
			return
		}
		defer conn.Close()
		req, err := http.ReadRequest(bufio.NewReaderSize(io.TeeReader(conn, &raw), 1))
		if !assert.NoError(t, err) {
			return
		}
		_, err = io.Copy(io.Discard, req.Body)
		assert.NoError(t, err)
		_, err = io.WriteString(conn,
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 21\r\nConnection: close\r\n\r\n"+`{"access_token":"at"}`)
		assert.NoError(t, err)
	})
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()

	c := config()
	c.TokenURL = "http://" + listener.Addr().String() + "/oauth2/token?tenant=a%20b"
	c.Auth = ClientSecretBasic(testID, "gX1fBat3bV", BasicForm)
	token, err := newClient(t, c).Token(context.Background(), transport.RoundTrip)
	require.NoError(t, err)
	served.Wait()
	assert.Equal(t, "at", token.AccessToken.Reveal())
	assert.Equal(t, strings.Join([]string{
		"POST /oauth2/token?tenant=a%20b HTTP/1.1",
		"Host: " + listener.Addr().String(),
		"User-Agent: Go-http-client/1.1",
		"Content-Length: 29",
		"Accept: application/json",
		"Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW",
		"Content-Type: application/x-www-form-urlencoded",
		"", "grant_type=client_credentials",
	}, "\r\n"), raw.String())
}

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		auth          ClientAuth
		method        string
		authorization string
		body          string
	}{
		"basic, RFC 6749 §2.3.1": {
			ClientSecretBasic(testID, testSecret, BasicForm), "client_secret_basic",
			"Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", "grant_type=client_credentials",
		},
		"basic, raw, the same for harmless characters": {
			ClientSecretBasic(testID, testSecret, BasicRaw), "client_secret_basic",
			"Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", "grant_type=client_credentials",
		},
		// base64("cc+basic%3Ax:p%40ss%3Aw%25rd%2B%2F%3D%26+z")
		"basic, special characters": {
			ClientSecretBasic(nastyID, nastySecret, BasicForm), "client_secret_basic",
			"Basic Y2MrYmFzaWMlM0F4OnAlNDBzcyUzQXclMjVyZCUyQiUyRiUzRCUyNit6", "grant_type=client_credentials",
		},
		// base64("cc basic-x:p@ss:w%rd+/=& z")
		"basic, raw, special characters": {
			ClientSecretBasic("cc basic-x", nastySecret, BasicRaw), "client_secret_basic",
			"Basic Y2MgYmFzaWMteDpwQHNzOnclcmQrLz0mIHo=", "grant_type=client_credentials",
		},
		"basic, empty secret": {
			ClientSecretBasic(testID, "", BasicForm), "client_secret_basic",
			"Basic czZCaGRSa3F0Mzo=", "grant_type=client_credentials",
		},
		"post, RFC 6749 §2.3.1": {
			ClientSecretPost(testID, testSecret), "client_secret_post", "",
			"client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw&grant_type=client_credentials",
		},
		"post, special characters": {
			ClientSecretPost(nastyID, nastySecret), "client_secret_post", "",
			"client_id=cc+basic%3Ax&client_secret=p%40ss%3Aw%25rd%2B%2F%3D%26+z&grant_type=client_credentials",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config()
			c.Auth = tc.auth
			req, body := sent(t, c)
			assert.Equal(t, tc.method, tc.auth.Method)
			assert.Equal(t, tc.authorization, req.Header.Get("Authorization"))
			assert.Equal(t, tc.body, body)
		})
	}
}

func TestEveryOptionInOneRequest(t *testing.T) {
	t.Parallel()
	c := config()
	c.Scope = []string{"orders.read", "orders.write"}
	c.Audience = []string{"https://api.example.com", "other api"}
	c.Resource = []string{"https://api.example.com/a?b=c", "urn:example:b"}
	c.Params = url.Values{"tenant": {"a&b"}, "x": {"1", "2"}}
	c.Header = http.Header{"x-trace": {"on"}, "User-Agent": {"k6"}, "Accept": {"*/*"}}
	req, body := sent(t, c)

	assert.Equal(t, "audience=https%3A%2F%2Fapi.example.com&audience=other+api"+
		"&grant_type=client_credentials"+
		"&resource=https%3A%2F%2Fapi.example.com%2Fa%3Fb%3Dc&resource=urn%3Aexample%3Ab"+
		"&scope=orders.read+orders.write&tenant=a%26b&x=1&x=2", body)
	assert.Equal(t, http.Header{
		"Accept":        {"*/*"},
		"Authorization": {"Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"},
		"Content-Type":  {"application/x-www-form-urlencoded"},
		"User-Agent":    {"k6"},
		"X-Trace":       {"on"},
	}, req.Header)
	assert.Equal(t, http.MethodPost, req.Method)
	assert.Equal(t, testURL, req.URL.String())
	assert.Equal(t, "idp.example.com", req.Host)
	assert.EqualValues(t, len(body), req.ContentLength)
	again, err := req.GetBody()
	require.NoError(t, err)
	repeated, err := io.ReadAll(again)
	require.NoError(t, err)
	assert.Equal(t, body, string(repeated))
}

// Some servers look the client up by client_id before they authenticate it by Basic, which RFC 6749 §3.2.1 allows.
func TestClientIDBesideBasic(t *testing.T) {
	t.Parallel()
	c := config()
	c.Params = url.Values{"client_id": {c.ClientID}}
	req, body := sent(t, c)
	assert.Equal(t, "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", req.Header.Get("Authorization"))
	assert.Equal(t, "client_id=s6BhdRkqt3&grant_type=client_credentials", body)
}

// Later changes of the caller's Config have no effect.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	c := config()
	c.Resource = []string{"https://a.example.com"}
	c.Params = url.Values{"p": {"before"}}
	c.Header = http.Header{"X-H": {"before"}}
	client := newClient(t, c)
	c.Resource[0], c.Params["p"][0], c.Header["X-H"][0] = "https://b.example.com", "after", "after"
	assert.Equal(t, url.Values{
		"grant_type": {"client_credentials"}, "resource": {"https://a.example.com"}, "p": {"before"},
	}, client.form)
	assert.Equal(t, "before", client.header.Get("X-H"))
}

// The seam for methods that sign: Apply runs for every attempt and cannot reach the next one.
func TestChangingAuthentication(t *testing.T) {
	t.Parallel()
	calls := 0
	c := config()
	c.Resource = []string{"https://a.example.com"}
	c.Auth = ClientAuth{Method: "private_key_jwt", Apply: func(_ context.Context, r *TokenRequest) error {
		calls++
		r.Form.Add("client_assertion", strings.Repeat("x", calls))
		r.Form["resource"][0] += "/changed"
		r.Form.Add("resource", "urn:added")
		r.Header.Add("DPoP", strings.Repeat("y", calls))
		r.URL.Path += "/mtls"
		return nil
	}}
	client := newClient(t, c)
	assert.Zero(t, calls)
	for n := 1; n <= 3; n++ {
		_, err := client.Token(context.Background(), func(r *http.Request) (*http.Response, error) {
			require.NoError(t, r.ParseForm())
			assert.Equal(t, strings.Repeat("x", n), r.PostForm.Get("client_assertion"))
			assert.Equal(t, []string{"https://a.example.com/changed", "urn:added"}, r.PostForm["resource"])
			assert.Equal(t, []string{strings.Repeat("y", n)}, r.Header.Values("DPoP"))
			assert.Equal(t, "/oauth2/token/mtls", r.URL.Path)
			return answer(200, "application/json", `{"access_token":"at"}`), nil
		})
		require.NoError(t, err)
	}
	assert.Equal(t, 3, calls)
}

func TestFailingAuthentication(t *testing.T) {
	t.Parallel()
	c := config()
	c.Auth = ClientAuth{Method: "private_key_jwt", Apply: func(context.Context, *TokenRequest) error {
		return assert.AnError
	}}
	_, err := newClient(t, c).Token(context.Background(), func(*http.Request) (*http.Response, error) {
		t.Error("a request without credentials went out")
		return nil, io.EOF
	})
	require.ErrorIs(t, err, assert.AnError)
}

// The lifetime counts from the start of the request (RFC 6749 §5.1 counts from "the time the
// response was generated", which is later and unknown).
func TestLifetimeCountsFromRequestStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		token, err := newClient(t, config()).Token(t.Context(), func(*http.Request) (*http.Response, error) {
			time.Sleep(3 * time.Second) // on the bubble's clock
			resp := answer(200, "application/json", `{"access_token":"at","expires_in":60}`)
			resp.Body = io.NopCloser(io.MultiReader(slowReader(2*time.Second), resp.Body))
			return resp, nil
		})
		require.NoError(t, err)
		assert.Equal(t, start, token.RequestedAt)
		assert.Equal(t, 5*time.Second, time.Since(start))
		assert.Equal(t, time.Minute, token.ExpiresIn)
	})
}

// A token that has expired when it arrives is a failed request, and observers count it as one.
func TestTokenThatHasExpiredOnArrival(t *testing.T) {
	t.Parallel()
	const lifetime = 2 * time.Second
	for takes, want := range map[time.Duration]string{
		lifetime - 1: "",
		lifetime: "invalid_response (HTTP 200): the token had expired when it arrived: its lifetime is 2s, and the " +
			"response took 2s",
		3 * lifetime / 2: "invalid_response (HTTP 200): the token had expired when it arrived: " +
			"its lifetime is 2s, and the response took 3s",
	} {
		synctest.Test(t, func(t *testing.T) {
			var attempts []Attempt
			_, err := newClient(t, config()).TokenWithRetry(t.Context(), Doer(func(*http.Request) (*http.Response, error) {
				time.Sleep(takes) // on the bubble's clock
				return answer(200, typeJSON, `{"access_token":"at","expires_in":2}`), nil
			}), Retry{Attempts: 3}, func(a Attempt) { attempts = append(attempts, a) })
			require.Len(t, attempts, 1, "the next one would take as long")
			if want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, want)
			require.ErrorIs(t, err, ErrExpired)
			assert.Nil(t, attempts[0].Token)
			assert.Equal(t, want, attempts[0].Err.Error())
			assert.False(t, attempts[0].Err.Retryable())
		})
	}
}

// A new token takes the same request, whatever came with the last one (RFC 6749 §4.4.3).
func TestRefreshTokensAreNotUsed(t *testing.T) {
	t.Parallel()
	client, bodies := newClient(t, config()), []string{}
	for range 2 {
		_, err := client.Token(t.Context(), func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			return answer(200, "application/json", `{"access_token":"at","expires_in":60,"refresh_token":"rt"}`), err
		})
		require.NoError(t, err)
	}
	assert.Equal(t, bodies[0], bodies[1])
	assert.Contains(t, bodies[1], "grant_type=client_credentials")
	assert.NotContains(t, bodies[1], "refresh_token")
}

// slowReader ends after a while.
type slowReader time.Duration

func (s slowReader) Read([]byte) (int, error) {
	time.Sleep(time.Duration(s))
	return 0, io.EOF
}

func TestGrantedScope(t *testing.T) {
	t.Parallel()
	c := config()
	c.Scope = []string{"a", "b"}
	client := newClient(t, c)
	for body, want := range map[string]string{
		`{"access_token":"at"}`:                       "a b", // omitted: identical to the requested (RFC 6749 §5.1)
		`{"access_token":"at","scope":""}`:            "a b",
		`{"access_token":"at","scope":"a"}`:           "a",
		`{"access_token":"at","scope":["a","c"]}`:     "a c",
		`{"access_token":"at","scope":7}`:             "a b",
		`{"access_token":"at","scope":null}`:          "a b",
		`{"access_token":"at","scope":["a",{"b":1}]}`: "a b",
	} {
		token, err := client.Token(context.Background(), always(200, "application/json", body))
		require.NoError(t, err, body)
		assert.Equal(t, want, token.Scope, body)
	}
}

func TestConcurrentGrants(t *testing.T) {
	t.Parallel()
	client := newClient(t, config())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			token, err := client.Token(context.Background(), func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Equal(t, "grant_type=client_credentials", string(body))
				assert.NotEmpty(t, r.Header.Get("Authorization"))
				return answer(200, "application/json", `{"access_token":"at"}`), nil
			})
			assert.NoError(t, err)
			assert.Equal(t, "Bearer at", token.Authorization())
		})
	}
	wg.Wait()
}
