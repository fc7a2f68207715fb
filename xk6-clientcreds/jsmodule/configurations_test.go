package jsmodule

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
)

func TestClientsAreTold(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	root := New()
	for range 2 { // two virtual users
		v := newVU(t, root)
		v.mustRun(e.client("scope: 'b'") + renamed("again", e.client("scope: 'a'")) +
			renamed("other", e.client("auth: 'client_secret_post', cache: {scope: 'shared', refresh: 'blocking'}")))
	}
	assert.Equal(t, []runinfo.Client{
		{Name: "orders", Auth: "client_secret_basic", Cache: "vu", Refresh: "background"},
		{Name: "orders", Auth: "client_secret_post", Cache: "shared", Refresh: "blocking"},
	}, root.Clients(), "each once, and nothing of its secret")
	assert.Empty(t, New().Clients())
}

// TestTargetsAreTold: of the servers that got requests, also after a redirect, and nothing but their origins.
func TestTargetsAreTold(t *testing.T) {
	t.Parallel()
	e, a, other := newEndpoint(t), newAPI(t), newAPI(t)
	a.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL+"/there", http.StatusFound)
		return true
	}
	root := New()
	assert.Zero(t, root.Targets())
	v := newVU(t, root)
	v.mustRun(e.client(""))
	v.start()
	v.mustRun(`client.get('` + a.URL + `/path?key=value')`)
	apis := []string{a.URL, other.URL}
	slices.Sort(apis)
	assert.Equal(t, runinfo.Targets{TokenEndpoints: []string{e.URL}, APIs: apis}, root.Targets())
}
