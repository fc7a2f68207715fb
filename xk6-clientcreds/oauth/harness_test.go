package oauth

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testURL    = "https://idp.example.com/oauth2/token"
	testID     = "s6BhdRkqt3"
	testSecret = "7Fjfp0ZBr1KtDRbnfVdmIw"

	// Characters that both sides get wrong if they forget to encode.
	nastyID     = "cc basic:x"
	nastySecret = "p@ss:w%rd+/=& z"
)

// config is a good configuration, for tests to change.
func config() Config {
	return Config{TokenURL: testURL, ClientID: testID, Auth: ClientSecretBasic(testID, testSecret, BasicForm)}
}

func newClient(t testing.TB, c Config) *Client {
	t.Helper()
	client, err := NewClient(c)
	require.NoError(t, err)
	return client
}

// sent returns the request that c's client sends and its body.
func sent(t *testing.T, c Config) (*http.Request, string) {
	t.Helper()
	var req *http.Request
	var body []byte
	_, err := newClient(t, c).Token(context.Background(), func(r *http.Request) (*http.Response, error) {
		var err error
		req = r
		body, err = io.ReadAll(r.Body)
		require.NoError(t, err)
		return answer(200, "application/json", `{"access_token":"at"}`), nil
	})
	require.NoError(t, err)
	return req, string(body)
}

// answer is an HTTP response. header holds pairs of name and value.
func answer(status int, contentType, body string, header ...string) *http.Response {
	h := make(http.Header)
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// always answers every request so.
func always(status int, contentType, body string, header ...string) Doer {
	return func(*http.Request) (*http.Response, error) { return answer(status, contentType, body, header...), nil }
}

// quiet is where servers log the handshakes that tests make fail.
var quiet = log.New(io.Discard, "", 0)

// readRequest reads a request to its end.
func readRequest(conn net.Conn) {
	if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}
