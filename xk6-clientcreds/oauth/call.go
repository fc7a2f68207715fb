package oauth

import (
	"context"
	"net/http"
	"time"
)

// Call sends a request that is not about a token, such as the registration of a client (RFC 7591), once. It returns the
// body of an answer that claims success. endpoint names the endpoint in errors. An error is always an *Error.
func Call(ctx context.Context, do Doer, req *http.Request, endpoint string) ([]byte, error) {
	resp, err := do(req.WithContext(ctx))
	if err != nil {
		return nil, sendError(ctx, err)
	}
	defer resp.Body.Close() // read to its end, or given up
	body, failure := readAnswer(ctx, resp)
	if failure == nil {
		m, object := parseMembers(resp.Header.Get("Content-Type"), body)
		failure = refusal(resp, body, m, object, endpoint)
	}
	if failure != nil {
		failure.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return nil, failure
	}
	return body, nil
}
