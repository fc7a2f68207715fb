package transport

import (
	"io"
	"net/http"
	"net/url"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// headerChallenge is the header that says why an API refuses a request (RFC 9110 §11.6.1).
const headerChallenge = "Www-Authenticate"

// maxDiscard bounds what is read of an answer that nobody will see, so that its connection can be used
// again.
const maxDiscard = 64 << 10

// DPoP adds a proof to every request (RFC 9449 §7.1). If the answer demands a nonce (§9), it sends the
// request again, once: only the transport knows the request that an answer belongs to, be it one of a
// batch or one that a redirect led to. All fields are required.
type DPoP struct {
	// Base sends the requests with their proofs.
	Base http.RoundTripper
	// Token is the bound token that the requests carry.
	Token *oauth.Token
	// Prove returns a proof for one request.
	Prove func(method string, u *url.URL) (string, error)
	// OnNonce is called before a request is sent again with the nonce that its answer demanded.
	OnNonce func()
}

// RoundTrip implements http.RoundTripper. It changes the request, which must be the caller's own.
func (t *DPoP) RoundTrip(req *http.Request) (*http.Response, error) {
	first, answered := holdFirstByte(req)
	resp, err := t.send(first)
	again := repetition(req, resp)
	if again == nil {
		answered()
		return resp, err
	}
	discard(resp)
	t.OnNonce()
	return t.send(again)
}

// send sends req with a new proof, and learns the nonce of the answer.
func (t *DPoP) send(req *http.Request) (*http.Response, error) {
	target := *req.URL
	if req.Host != "" {
		target.Host = req.Host // the name by which the server knows itself
	}
	proof, err := t.Prove(req.Method, &target)
	if err != nil {
		return nil, err
	}
	req.Header[oauth.HeaderDPoP] = []string{proof}
	resp, err := t.Base.RoundTrip(req)
	if resp != nil {
		t.Token.DPoP.Learn(&target, resp.Header, t.Token.AccessToken.Reveal())
	}
	return resp, err
}

// repetition is a copy of req to send if the answer demands a nonce and gives one, else nil.
func repetition(req *http.Request, resp *http.Response) *http.Request {
	if resp == nil || resp.StatusCode != http.StatusUnauthorized || len(resp.Header[oauth.HeaderDPoPNonce]) == 0 ||
		!oauth.DemandsNonce(resp.Header[headerChallenge]) {
		return nil
	}
	again := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return again
	}
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	again.Body = body
	return again
}

func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxDiscard) // the request is sent again, whatever the outcome
	_ = resp.Body.Close()
}
