package oauth

import "context"

// Revoke asks the server, once, to invalidate token, and returns the HTTP status (RFC 7009 §2). A
// server says success also of a token that it does not know (§2.2), so only Introspect, or a
// request with the token, proves anything. An error is always an *Error.
func (e *Endpoint) Revoke(ctx context.Context, do Doer, token string) (int, error) {
	answer, failure := e.post(ctx, do, token)
	if failure != nil {
		return 0, failure
	}
	return answer.status, nil
}
