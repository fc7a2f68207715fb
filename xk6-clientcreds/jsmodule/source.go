package jsmodule

import (
	"context"

	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// source is where the cache gets the tokens of a client from: its token endpoint, over one VU's
// transport and with its tags.
type source struct {
	client *client
	sender *sender
}

// source must be called on the VU's goroutine.
func (c *client) source(state *lib.State) *source { return &source{c, c.newSender(state)} }

// Fetch implements tokencache.Source.
func (s *source) Fetch(ctx context.Context, reason tokencache.Reason) (*oauth.Token, error) {
	c := s.client
	return c.grant.request(ctx, s.sender, reason, c.opts.retry(true), nil)
}

// Held implements tokencache.Source.
func (s *source) Held(err error) { s.sender.reportHeld(err) }

// Renewed implements tokencache.Source.
func (s *source) Renewed() bool { return s.client.grant.renewedSinceRefusal(s.sender) }
