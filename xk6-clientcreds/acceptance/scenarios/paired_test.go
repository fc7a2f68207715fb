package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// TestScenarioRegressionPaired: the scenario alone, whose sides are one server here.
func TestScenarioRegressionPaired(t *testing.T) {
	runScenarios(t, "scripts/regression-paired.js", regressionCases("DURATION=3s", "MAX_VUS=40", "WARM_UP=1s"))
}

// TestScenarioRegressionPairedRefusesSides: sides that cannot be compared end the run before its load, with the name of
// the side.
func TestScenarioRegressionPairedRefusesSides(t *testing.T) {
	t.Parallel()
	for says, env := range map[string][]string{
		"BASE_API_URL is not set; set it, or API_URL for both sides, or leave it out for both": {
			"API_URL=", "HEAD_API_URL=http://127.0.0.1:9/",
		},
		"base: invalid_client": {"BASE_CLIENT_SECRET=wrong"},
		"base and head differ in their API: the token type is Bearer in base and DPoP in head": {"HEAD_DPOP=true"},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, nil)
			r := k6test.Run{
				Script: "scripts/regression-paired.js", Env: server.Env(append(env, "DURATION=1s", "MAX_VUS=2")...),
			}.Do(t)
			require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
			require.Contains(t, r.Output, says)
		})
	}
}
