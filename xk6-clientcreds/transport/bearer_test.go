package transport

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering answers every request so.
func answering(status int) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Request: req, Header: http.Header{}, Body: http.NoBody}, nil
	})
}

func bearer(base http.RoundTripper) *Bearer {
	return &Bearer{
		Base: base, Elsewhere: Failing{assert.AnError},
		Token: &oauth.Token{Type: "Bearer", AccessToken: secret.New("abc")}, ExpiresAt: time.Now().Add(time.Hour),
		OnRequest: func(*url.URL) {}, OnExpired: func() {}, OnAnswer: func(*url.URL, int) {},
	}
}

// roundTrip sends req, and returns the status of the answer and the request that it says it answers.
func roundTrip(t *testing.T, rt http.RoundTripper, req *http.Request) (int, *http.Request) {
	t.Helper()
	resp, err := rt.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, resp.Request
}

// Whoever looks at a response below k6 sees the request that k6 made.
func TestTheRequestOfAResponseHasNoToken(t *testing.T) {
	t.Parallel()
	sent := make(chan string, 1)
	rt := bearer(roundTripper(func(req *http.Request) (*http.Response, error) {
		sent <- req.Header.Get("Authorization")
		return answering(http.StatusOK).RoundTrip(req)
	}))
	req := httptest.NewRequest(http.MethodGet, "http://api.example/", nil)
	_, answered := roundTrip(t, rt, req)
	assert.Equal(t, "Bearer abc", <-sent)
	assert.Same(t, req, answered)
	assert.Empty(t, req.Header)
}

// A redirect cannot take the token to another origin, and can bring a request back.
func TestTokenStaysAtItsOrigin(t *testing.T) {
	t.Parallel()
	for to, carries := range map[string]bool{
		"https://api.example/other":     true,
		"https://API.example:443/":      true,
		"https://api.example:8443/":     false,
		"http://api.example/":           false,
		"https://api.example.evil.com/": false,
	} {
		var seen, asked []string
		note := func(req *http.Request) (*http.Response, error) {
			seen = append(seen, req.Header.Get("Authorization"))
			return answering(http.StatusOK).RoundTrip(req)
		}
		rt := bearer(roundTripper(note))
		rt.Elsewhere = roundTripper(note)
		rt.OnRequest = func(u *url.URL) { asked = append(asked, u.Host) }
		answers := 0
		rt.OnAnswer = func(*url.URL, int) { answers++ }

		first := httptest.NewRequest(http.MethodGet, "https://api.example/", nil)
		second := httptest.NewRequest(http.MethodGet, to, nil)
		third := httptest.NewRequest(http.MethodGet, "https://api.example/", nil)
		_, answered := roundTrip(t, rt, first)
		second.Response = &http.Response{Request: answered}
		_, answered = roundTrip(t, rt, second)
		third.Response = &http.Response{Request: answered}
		roundTrip(t, rt, third)

		want, count := "", 2
		if carries {
			want, count = "Bearer abc", 3
		}
		assert.Equal(t, []string{"Bearer abc", want, "Bearer abc"}, seen, to)
		assert.Equal(t, count, answers, to)
		assert.Len(t, asked, 3, "all of them are requests of the test")
	}
}

func TestExpiredTokensAreReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rt, expired := bearer(answering(http.StatusOK)), 0
		rt.OnExpired = func() { expired++ }
		req := httptest.NewRequest(http.MethodGet, "http://api.example/", nil)
		time.Sleep(time.Hour - time.Nanosecond) // on the bubble's clock
		roundTrip(t, rt, req)
		assert.Zero(t, expired)
		time.Sleep(time.Nanosecond)
		roundTrip(t, rt, req)
		assert.Equal(t, 1, expired)
	})
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://api.example/a?b=c":      "http://api.example",
		"http://api.example:80/":        "http://api.example",
		"https://api.example:443/":      "https://api.example",
		"http://api.example:443/":       "http://api.example:443",
		"https://api.example:80/":       "https://api.example:80",
		"https://API.Example:8443/":     "https://api.example:8443",
		"HTTPS://api.example/":          "https://api.example",
		"https://user:pass@api.example": "https://api.example",
		"http://[::1]/":                 "http://[::1]",
		"http://[::1]:80/":              "http://[::1]",
		"http://[::1]:8080/":            "http://[::1]:8080",
		"http://%zz":                    "an unknown origin",
	} {
		assert.Equal(t, want, OriginOf(text), text)
	}
}
