package transport

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// demanding answers 401 with a nonce as often as it is told, and then 200. It notes what it was sent.
type demanding struct {
	times         int
	header        http.Header
	proofs, texts []string
}

func (d *demanding) RoundTrip(req *http.Request) (*http.Response, error) {
	d.proofs = append(d.proofs, req.Header.Get("DPoP"))
	text, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	d.texts = append(d.texts, string(text))
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	if len(d.proofs) > d.times {
		return answering(http.StatusOK).RoundTrip(req)
	}
	resp, err := answering(http.StatusUnauthorized).RoundTrip(req)
	resp.Header = d.header
	return resp, err
}

func TestNonceIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	key, err := oauth.GenerateDPoPKey("")
	require.NoError(t, err)
	demand := http.Header{"Www-Authenticate": {`DPoP error="use_dpop_nonce"`}, "Dpop-Nonce": {"n1"}}
	for name, tc := range map[string]struct {
		times, status, sent int
		header              http.Header
	}{
		"not demanded":             {0, 200, 1, nil},
		"demanded once":            {1, 200, 2, demand},
		"demanded again":           {2, 401, 2, demand},
		"demanded without a nonce": {1, 401, 1, http.Header{"Www-Authenticate": demand["Www-Authenticate"]}},
		"nonce without a demand":   {1, 401, 1, http.Header{"Dpop-Nonce": {"n1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signer, err := oauth.NewDPoPSigner(key)
			require.NoError(t, err)
			base := &demanding{times: tc.times, header: tc.header}
			token, again := &oauth.Token{Type: "DPoP", AccessToken: secret.New("abc"), DPoP: signer}, 0
			rt := &DPoP{
				Base: base, Token: token, OnNonce: func() { again++ },
				Prove: func(method string, u *url.URL) (string, error) {
					return signer.Proof(method, u, token.AccessToken.Reveal())
				},
			}
			firstBytes := 0
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotFirstResponseByte: func() { firstBytes++ }})
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example/", strings.NewReader("body"))
			require.NoError(t, err)
			status, _ := roundTrip(t, rt, req)
			assert.Equal(t, tc.status, status)
			assert.Len(t, base.proofs, tc.sent)
			assert.Equal(t, tc.sent-1, again)
			assert.Equal(t, "body", base.texts[tc.sent-1], "the body is sent again")
			assert.NotContains(t, base.proofs[1:], base.proofs[0])
			assert.Equal(t, 1, firstBytes, "of the answer that counts")
		})
	}
}

// countedBody counts what is read of it.
type countedBody struct {
	io.Reader

	read   int
	closed bool
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += n
	return n, err
}

func (b *countedBody) Close() error { b.closed = true; return nil }

// TestProofIsForTheServersName: a server knows itself by the Host header. The answer that demands a nonce is read to
// its end and closed, so that its connection is used again.
func TestProofIsForTheServersName(t *testing.T) {
	t.Parallel()
	key, err := oauth.GenerateDPoPKey("")
	require.NoError(t, err)
	signer, err := oauth.NewDPoPSigner(key)
	require.NoError(t, err)
	body, sent := &countedBody{Reader: strings.NewReader(strings.Repeat("x", 10_000))}, 0
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		if sent++; sent > 1 {
			return answering(http.StatusOK).RoundTrip(req)
		}
		header := http.Header{"Www-Authenticate": {`DPoP error="use_dpop_nonce"`}, "Dpop-Nonce": {"n1"}}
		return &http.Response{StatusCode: http.StatusUnauthorized, Header: header, Body: body}, nil
	})
	var proven []string
	rt := &DPoP{
		Base: base, Token: &oauth.Token{Type: "DPoP", AccessToken: secret.New("abc"), DPoP: signer}, OnNonce: func() {},
		Prove: func(_ string, u *url.URL) (string, error) { proven = append(proven, u.String()); return "proof", nil },
	}
	req := httptest.NewRequest(http.MethodGet, "https://10.0.0.1/orders", http.NoBody)
	req.Host = "api.example:8443"
	status, _ := roundTrip(t, rt, req)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, []string{"https://api.example:8443/orders", "https://api.example:8443/orders"}, proven)
	assert.Equal(t, 10_000, body.read)
	assert.True(t, body.closed)
}

// Nothing goes out without its proof, or without the certificate.
func TestFailsClosed(t *testing.T) {
	t.Parallel()
	sent := roundTripper(func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, assert.AnError })
	for name, rt := range map[string]http.RoundTripper{
		"proof":       &DPoP{Base: sent, Prove: func(string, *url.URL) (string, error) { return "", errForeign }},
		"certificate": WithCertificate(sent, nil),
	} {
		resp, err := rt.RoundTrip(httptest.NewRequest(http.MethodGet, "https://api.example/", nil))
		if resp != nil {
			require.NoError(t, resp.Body.Close())
		}
		require.ErrorIs(t, err, errForeign, name)
	}
}

// A request that cannot be sent again is not, and neither is one that got no answer.
func TestRequestsThatAreNotSentAgain(t *testing.T) {
	t.Parallel()
	key, err := oauth.GenerateDPoPKey("")
	require.NoError(t, err)
	signer, err := oauth.NewDPoPSigner(key)
	require.NoError(t, err)
	body := func(req *http.Request, again func() (io.ReadCloser, error)) {
		req.Body, req.GetBody = io.NopCloser(strings.NewReader("body")), again
	}
	for name, c := range map[string]struct {
		body   func(*http.Request)
		fails  error
		status int
	}{
		"no body":        {func(req *http.Request) { req.Body = nil }, nil, http.StatusOK},
		"empty body":     {func(req *http.Request) { req.Body = http.NoBody }, nil, http.StatusOK},
		"body is gone":   {func(req *http.Request) { body(req, nil) }, nil, http.StatusUnauthorized},
		"body is broken": {func(req *http.Request) { body(req, func() (io.ReadCloser, error) { return nil, assert.AnError }) }, nil, http.StatusUnauthorized},
		"no answer":      {func(*http.Request) {}, assert.AnError, 0},
	} {
		sent := 0
		rt := &DPoP{
			Token: &oauth.Token{Type: "DPoP", AccessToken: secret.New("abc"), DPoP: signer}, OnNonce: func() {},
			Prove: func(string, *url.URL) (string, error) { return "proof", nil },
			Base: roundTripper(func(req *http.Request) (*http.Response, error) {
				if sent++; c.fails != nil {
					return nil, c.fails
				}
				if sent > 1 {
					return answering(http.StatusOK).RoundTrip(req)
				}
				header := http.Header{"Www-Authenticate": {`DPoP error="use_dpop_nonce"`}, "Dpop-Nonce": {"n1"}}
				return &http.Response{StatusCode: http.StatusUnauthorized, Header: header, Body: http.NoBody}, nil
			}),
		}
		req := httptest.NewRequest(http.MethodPost, "https://api.example/", nil)
		c.body(req)
		if c.fails != nil {
			_, err := rt.RoundTrip(req) //nolint:bodyclose // there is none
			require.ErrorIs(t, err, c.fails, name)
			assert.Equal(t, 1, sent, name)
			continue
		}
		status, _ := roundTrip(t, rt, req)
		assert.Equal(t, c.status, status, name)
	}
}
