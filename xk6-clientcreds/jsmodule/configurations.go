package jsmodule

import (
	"cmp"
	"maps"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
)

// Clients lists the script's clients, as far as their configuration distinguishes measurements. The clients
// of a pool are one where they are measured as one.
func (r *RootModule) Clients() []runinfo.Client {
	p := r.process
	p.mu.Lock()
	defer p.mu.Unlock()
	distinct := make(map[runinfo.Client]bool)
	for _, source := range p.sources {
		o := source.opts
		distinct[runinfo.Client{
			Name: o.tag(), Auth: o.Auth, DPoP: o.DPoP.On, Cache: o.Cache.Scope, Refresh: o.Cache.Refresh,
		}] = true
	}
	clients := slices.SortedFunc(maps.Keys(distinct), func(a, b runinfo.Client) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Auth, b.Auth), cmp.Compare(a.Cache, b.Cache),
			cmp.Compare(a.Refresh, b.Refresh))
	})
	return clients[:min(len(clients), runinfo.MaxClients)]
}

// Targets are the servers that clients of the script sent requests to.
func (r *RootModule) Targets() runinfo.Targets {
	return runinfo.Targets{TokenEndpoints: r.process.tokenEndpoints.List(), APIs: r.process.apis.List()}
}
