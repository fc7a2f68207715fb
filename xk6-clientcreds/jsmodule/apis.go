package jsmodule

import (
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// mostAPIs bounds how many APIs a configuration distinguishes. Scripts may make hosts up.
const mostAPIs = 100

// apis are the APIs that one configuration's tokens are for, by origin. It is safe for concurrent use.
type apis struct {
	last atomic.Pointer[apiAt] // most scripts use one

	mu    sync.Mutex
	known map[string]*tokencache.API
	other tokencache.API
}

type apiAt struct {
	scheme, host string
	api          *tokencache.API
}

// at returns the API that a request to u is for.
func (a *apis) at(u *url.URL) *tokencache.API {
	if last := a.last.Load(); last != nil && last.scheme == u.Scheme && last.host == u.Host {
		return last.api
	}
	api := a.of(transport.Origin(u))
	a.last.Store(&apiAt{u.Scheme, u.Host, api})
	return api
}

// of returns the API of that origin.
func (a *apis) of(origin string) *tokencache.API {
	a.mu.Lock()
	defer a.mu.Unlock()
	if api := a.known[origin]; api != nil {
		return api
	}
	if len(a.known) >= mostAPIs {
		return &a.other
	}
	if a.known == nil {
		a.known = make(map[string]*tokencache.API)
	}
	api := new(tokencache.API)
	a.known[origin] = api
	return api
}
