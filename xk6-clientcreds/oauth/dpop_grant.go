package oauth

import (
	"context"
	"net/http"
	"time"
)

// BoundTo returns a client that sends the same request, with a proof by p each time, for tokens that
// are bound to the key of p (RFC 9449 §5). c stays as it is.
func (c *Client) BoundTo(p *Prover) *Client {
	bound := *c
	bound.prover = p
	return &bound
}

// attemptWithNonce sends the token request and, where the server answers with the nonce that it wants
// (RFC 9449 §8), once more: anew, since an assertion is used up by then. observe is told of each.
func (c *Client) attemptWithNonce(ctx context.Context, do Doer, observe func(Attempt)) Attempt {
	a := c.attempt(ctx, do)
	if c.prover != nil && a.Err != nil && a.Err.Code == CodeUseNonce && a.nonce && ctx.Err() == nil {
		a.NonceDemanded = true
		observe(a)
		a = c.attempt(ctx, do)
	}
	observe(a)
	return a
}

// proven returns p with a new proof, for clients whose tokens are bound.
func (c *Client) proven(p *prepared) (*prepared, error) {
	if c.prover == nil {
		return p, nil
	}
	begin := time.Now()
	proof, err := c.prover.Proof(http.MethodPost, p.url, "")
	if err != nil {
		return nil, err
	}
	bound := *p
	bound.header = p.header.Clone()
	bound.header[HeaderDPoP] = []string{proof}
	bound.signed += time.Since(begin)
	return &bound, nil
}

// learn takes the nonce of an answer to p, and reports whether there was one.
func (c *Client) learn(p *prepared, resp *http.Response) bool {
	return c.prover != nil && c.prover.Learn(p.url, resp.Header, "")
}
