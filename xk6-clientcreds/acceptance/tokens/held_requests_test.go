package tokens

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The server counts about one refused login per second, of all virtual users together, and all go on
// once the secret is right.
func TestRefusedLoginsAreFew(t *testing.T) {
	t.Parallel()
	const vus, laterSecret = 5, "the-secret-of-later"
	for scope, askers := range map[string]int64{"vu": vus, "none": vus, "shared": 1} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, nil)
			refused := func() int64 { return server.Stats().TokenRequests.ByResult["invalid_client"] }
			run := k6test.Run{Script: k6test.Fixture("until-authorized.js"), Env: server.Env("CACHE_SCOPE="+scope, "CLIENT_SECRET="+laterSecret)}.Start(t)
			// After the first refusals one request more, a second later, and another, two seconds later.
			k6test.Eventually(t, func() bool { return refused() >= askers+2 }, "a request that was held back")
			require.NoError(t, server.RotateSecret(servers.LocalID, secret.New(laterSecret), 0))

			r := run.Result(t).Passes(t)
			require.Equal(t, askers+2, refused(), "the next one is due four seconds later")
			require.Equal(t, askers, server.Stats().TokenRequests.ByResult["issued"])
			require.Equal(t, map[string]int64{"ok": vus}, server.Stats().APIRequests.ByResult)
			server.Agrees(t, r)
			require.GreaterOrEqual(t, r.Summary.Count("clientcreds_suppressed_requests"), vus)
		})
	}
}
