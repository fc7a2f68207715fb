package runinfo

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Targets are the servers that the test loaded, each by its origin (RFC 6454 §4): scheme, host and port. Paths, queries
// and credentials are not part of it.
type Targets struct {
	TokenEndpoints []string `json:"tokenEndpoints,omitempty"`
	// APIs are the servers of all other requests of the script.
	APIs []string `json:"apis,omitempty"`
}

const (
	// Other stands for all that a bound leaves out.
	Other = "(other)"
	// MaxTargets bounds the servers of each kind. The last one of more is Other.
	MaxTargets = 16
	// maxOrigin bounds the length of one: longer than any name of DNS.
	maxOrigin = 300
)

// Merge adds the servers of other.
func (t *Targets) Merge(other Targets) {
	t.TokenEndpoints = boundTargets(slices.Concat(t.TokenEndpoints, other.TokenEndpoints))
	t.APIs = boundTargets(slices.Concat(t.APIs, other.APIs))
}

// boundTargets are the origins, sorted, each once, and no more than MaxTargets.
func boundTargets(origins []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(origins)))
	more := slices.Contains(sorted, Other)
	sorted = slices.DeleteFunc(sorted, func(o string) bool { return o == Other })
	if more || len(sorted) > MaxTargets {
		sorted = append(sorted[:min(len(sorted), MaxTargets-1)], Other)
	}
	if len(sorted) == 0 {
		return nil
	}
	return sorted
}

// Origins collects servers. Its zero value is ready, and it is safe for concurrent use: adding one that is known takes
// no lock.
type Origins struct {
	mu    sync.Mutex
	known atomic.Pointer[map[origin]bool]
}

type origin struct{ scheme, host string }

// Add adds the server of a URL.
func (o *Origins) Add(u *url.URL) {
	key := origin{u.Scheme, u.Host}
	if !o.lacks(key) || key.scheme == "" || key.host == "" || len(key.scheme)+len(key.host) > maxOrigin {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.lacks(key) {
		return
	}
	next := make(map[origin]bool)
	if known := o.known.Load(); known != nil {
		next = maps.Clone(*known)
	}
	next[key] = true
	o.known.Store(&next)
}

// lacks reports whether a server is not known yet, and there is room for it. One more than MaxTargets is kept, by which
// List can tell that there are more.
func (o *Origins) lacks(key origin) bool {
	known := o.known.Load()
	return known == nil || !(*known)[key] && len(*known) <= MaxTargets
}

// List are the servers, as Targets has them.
func (o *Origins) List() []string {
	known := o.known.Load()
	if known == nil {
		return nil
	}
	var list []string
	for key := range *known {
		list = append(list, strings.ToLower(key.scheme+"://"+key.host))
	}
	return boundTargets(list)
}
