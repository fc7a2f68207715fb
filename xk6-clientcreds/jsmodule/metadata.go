package jsmodule

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// refetchEvery is how often, at most, a document is fetched again that turned out to be stale: tokens
// that name keys at random must not become load on the server.
const refetchEvery = 30 * time.Second

// documentCache keeps one kind of document that authorization servers publish, by its address. A document
// is fetched once per process, by the first caller that needs it, and all others wait for the same
// answer. Failures are not kept.
type documentCache[T any] struct {
	flights singleflight.Group
	known   sync.Map // address → fetched[T]
}

// fetched is a document, and when it was last asked for.
type fetched[T any] struct {
	document *T
	at       time.Time
}

// newerThan returns the document at address unless it is stale and it is time to fetch it again.
func (c *documentCache[T]) newerThan(stale *T, address string) *T {
	v, ok := c.known.Load(address)
	if !ok {
		return nil
	}
	f := v.(fetched[T]) //nolint:forcetypeassert // only this type is stored
	if stale != nil && f.document == stale && time.Since(f.at) >= refetchEvery {
		return nil
	}
	return f.document
}

// get returns the document at address. stale is a document of this cache that lacks something, or nil.
func (c *documentCache[T]) get(
	ctx context.Context, address string, stale *T, timeout time.Duration, fetch func(context.Context) (*T, error),
) (*T, error) {
	if document := c.newerThan(stale, address); document != nil {
		return document, nil
	}
	flight := c.flights.DoChan(address, func() (any, error) {
		if document := c.newerThan(stale, address); document != nil {
			return document, nil // a flight has ended since the look above
		}
		// The caller that leads the flight may end its iteration; those that wait should not suffer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		at := time.Now()
		document, err := fetch(ctx)
		switch {
		case err == nil:
			c.known.Store(address, fetched[T]{document, at})
		case stale != nil:
			c.known.Store(address, fetched[T]{stale, at}) // a server in trouble is not asked again at once
		}
		return document, err
	})
	select {
	case result := <-flight:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*T), nil //nolint:forcetypeassert // as above
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// issuerMetadata returns the metadata of the issuer (RFC 8414).
func (t *tokenSource) issuerMetadata(ctx context.Context, s *sender) (*oauth.Metadata, error) {
	return t.process.metadata.get(ctx, t.opts.Issuer, nil, t.opts.Timeout,
		func(ctx context.Context) (*oauth.Metadata, error) {
			return oauth.Discover(ctx, s.fetch, t.opts.Issuer)
		})
}

// metadata returns the metadata of the issuer, with the endpoints for this client (RFC 8705 §5).
func (t *tokenSource) metadata(ctx context.Context, s *sender) (*oauth.Metadata, error) {
	m, err := t.issuerMetadata(ctx, s)
	if err != nil || t.certificate == nil {
		return m, err
	}
	return m.ForCertificate()
}

// keySet returns the keys of the authorization server (RFC 7517 §5), at the URL that option jwksUrl or
// the issuer's metadata names. stale is a set that lacks a key, or nil.
func (t *tokenSource) keySet(ctx context.Context, s *sender, stale *oauth.KeySet) (*oauth.KeySet, error) {
	address := t.opts.JWKSURL
	if address == "" {
		if t.opts.Issuer == "" {
			return nil, errors.New(`the signature needs option "jwksUrl", the URL of the server's keys, or issuer instead of tokenUrl to discover it`)
		}
		metadata, err := t.issuerMetadata(ctx, s)
		if err != nil {
			return nil, err
		}
		if address, err = metadata.KeySetURL(); err != nil {
			return nil, err
		}
	}
	return t.process.keySets.get(ctx, address, stale, t.opts.Timeout, func(ctx context.Context) (*oauth.KeySet, error) {
		return oauth.FetchKeySet(ctx, s.fetch, address)
	})
}
