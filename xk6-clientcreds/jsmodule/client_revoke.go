package jsmodule

import "github.com/grafana/sobek"

// revoke is client.revoke(token?): asks the authorization server to invalidate the token (RFC
// 7009). An answer that is an error is a result, not an exception.
func (c *client) revoke(call sobek.FunctionCall) sobek.Value {
	q := c.inquire(revocationKind, call)
	if q.endpoint != nil {
		// Before the request and whatever its outcome: nobody should begin to use a token that is
		// being revoked, and when no answer comes it may be.
		c.forget(q.token)
		status, err := q.endpoint.Revoke(c.m.vu.Context(), q.sender.do, q.token)
		if err != nil {
			q.failed(err)
		} else {
			q.status = status
		}
	}
	m := c.m.process.metrics
	q.report(requestRevocation, m.Revocations, m.RevocationDuration)
	return q.conclude(q.result())
}

// forget drops the cached token if it is this one.
func (c *client) forget(token string) {
	if lease := c.entry.Current(); lease != nil && lease.Token.AccessToken == token {
		c.entry.Drop(lease)
	}
}
