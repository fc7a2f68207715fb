package jsmodule

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
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
	assert.Equal(t, []regress.Client{
		{Name: "orders", Auth: "client_secret_basic", Cache: "vu", Refresh: "background"},
		{Name: "orders", Auth: "client_secret_post", Cache: "shared", Refresh: "blocking"},
	}, root.Clients(), "each once, and nothing of its secret")
	assert.Empty(t, New().Clients())
}
