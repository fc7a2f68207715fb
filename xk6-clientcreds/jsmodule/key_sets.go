package jsmodule

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// keySetEvery is how often, at most, a key set is fetched anew for tokens whose key it misses: tokens
// that name keys at random must not become load on the server.
const keySetEvery = 30 * time.Second

// keySets keeps the key set (RFC 7517 §5) of each authorization server: fetched once per process, by
// whoever needs it first, with everybody else waiting for the same answer. A failure is not kept.
type keySets struct {
	flights singleflight.Group
	known   sync.Map // URL → fetchedKeySet
}

// fetchedKeySet is a key set, and when it was asked for last.
type fetchedKeySet struct {
	set *oauth.KeySet
	at  time.Time
}

// newerThan returns the set unless it is stale and it is time for another one.
func (k *keySets) newerThan(stale *oauth.KeySet, address string) *oauth.KeySet {
	v, ok := k.known.Load(address)
	if !ok {
		return nil
	}
	f := v.(fetchedKeySet) //nolint:forcetypeassert // only this type is stored
	if stale != nil && f.set == stale && time.Since(f.at) >= keySetEvery {
		return nil
	}
	return f.set
}

// get returns the key set at address, which option or the server's metadata names. stale is one that
// misses a key, or nil.
func (k *keySets) get(ctx context.Context, option, address string, s *sender, stale *oauth.KeySet) (*oauth.KeySet, error) {
	if set := k.newerThan(stale, address); set != nil {
		return set, nil
	}
	flight := k.flights.DoChan(address, func() (any, error) {
		if set := k.newerThan(stale, address); set != nil {
			return set, nil // a flight has ended since the look above
		}
		// The one who leads the flight may end its iteration; those who wait should not suffer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opts.Timeout)
		defer cancel()
		at := time.Now()
		set, err := oauth.FetchKeySet(ctx, s.plainDo, option, address)
		switch {
		case err == nil:
			k.known.Store(address, fetchedKeySet{set, at})
		case stale != nil:
			k.known.Store(address, fetchedKeySet{stale, at}) // a server in trouble is not asked at once again
		}
		return set, err
	})
	select {
	case result := <-flight:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*oauth.KeySet), nil //nolint:forcetypeassert // as above
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// keySet returns the keys of the authorization server: where option jwksUrl says, else where the
// metadata of the issuer does.
func (g *grant) keySet(ctx context.Context, s *sender, stale *oauth.KeySet) (*oauth.KeySet, error) {
	option, address := "jwksUrl", g.opts.JWKSURL
	if address == "" {
		if g.opts.Issuer == "" {
			return nil, errors.New(`the signature needs option "jwksUrl", the URL of the server's keys, or issuer instead of tokenUrl to discover it`)
		}
		metadata, err := g.process.discoveries.get(ctx, g.opts.Issuer, s)
		if err != nil {
			return nil, err
		}
		option = "jwks_uri"
		if address, err = metadata.KeySetURL(); err != nil {
			return nil, err
		}
	}
	return g.process.keySets.get(ctx, option, address, s, stale)
}
