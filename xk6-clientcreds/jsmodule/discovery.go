package jsmodule

import (
	"context"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// discoveries keeps the metadata document (RFC 8414) of each issuer: fetched once per process,
// by whoever needs it first, with everybody else waiting for the same answer. A failure is not
// kept.
type discoveries struct {
	flights singleflight.Group
	known   sync.Map // issuer → *oauth.Metadata
}

func (d *discoveries) get(ctx context.Context, issuer string, s *sender) (*oauth.Metadata, error) {
	if m, ok := d.known.Load(issuer); ok {
		return m.(*oauth.Metadata), nil //nolint:forcetypeassert // only this type is stored
	}
	flight := d.flights.DoChan(issuer, func() (any, error) {
		// A flight may have ended since the look above.
		if m, ok := d.known.Load(issuer); ok {
			return m, nil
		}
		// The one who leads the flight may end its iteration; those who wait should not suffer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opts.Timeout)
		defer cancel()
		m, err := oauth.Discover(ctx, s.plainDo, issuer)
		if err == nil {
			d.known.Store(issuer, m)
		}
		return m, err
	})
	select {
	case result := <-flight:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*oauth.Metadata), nil //nolint:forcetypeassert // as above
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
