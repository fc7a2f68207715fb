package interop

import "github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"

// registrations returns the clients of rows, each once.
func registrations(rows []interopRow) []servers.Registration {
	var all []servers.Registration
	seen := make(map[string]bool)
	for _, row := range rows {
		r := row.client
		if !seen[r.ID] {
			seen[r.ID] = true
			r.GrantTypes, r.Scope = []string{"client_credentials"}, interopScope
			all = append(all, r)
		}
	}
	return all
}
