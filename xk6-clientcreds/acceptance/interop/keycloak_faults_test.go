package interop

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// keycloakTokens is a run that gets this many tokens one after another, and tries again until it has them. It fails
// unless each of these failures occurs.
func keycloakTokens(t *testing.T, rest string, tokens int, failures ...string) *k6test.K6 {
	t.Helper()
	thresholds := object{"checks": []string{"rate==1"}}
	for _, name := range failures {
		thresholds["clientcreds_requests{"+name+"}"] = []string{"count>0"}
	}
	text, err := json.Marshal(thresholds)
	require.NoError(t, err)
	return k6test.Run{
		Code: `
			import { check, sleep } from 'k6';
			import { Client } from 'k6/x/clientcreds';
			export const options = {
				scenarios: { tokens: { executor: 'shared-iterations', vus: 2, iterations: Number(__ENV.TOKENS) } },
				thresholds: JSON.parse(__ENV.THRESHOLDS),
			};
			const client = new Client({
				tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, cache: { scope: 'none' },
				timeout: '5s', retry: { attempts: 100, backoff: '1s', maxBackoff: '2s', budget: '3m' },
			});
			export default function () {
				check(client.token(), { 'a token comes': (token) => token.length > 0 });
				sleep(0.2);
			}`,
		Env:  keycloakEnv(t, "TOKEN_URL="+sharedKeycloak(t).Token, fmt.Sprintf("TOKENS=%d", tokens), "THRESHOLDS="+string(text)),
		Args: []string{"--address", rest},
	}.Start(t)
}

// started waits until the run has tokens.
func started(t *testing.T, p *k6test.K6, rest string) {
	t.Helper()
	k6test.Eventually(t, func() bool {
		select {
		case <-p.Done:
			require.Fail(t, "k6 ended", p.Result(t).Output)
		default:
		}
		return k6test.LiveCount(t, rest, "iterations") >= 2
	}, "tokens of a server that works")
}

type object map[string]any

// A server that hangs: requests time out, and no iteration fails, because the client tries again.
// The test is not parallel: the other tests of this package need the server.
func TestKeycloakPaused(t *testing.T) { //nolint:paralleltest // see above
	k := sharedKeycloak(t)
	rest := k6test.FreeAddress(t)
	p := keycloakTokens(t, rest, 12, "error:timeout")
	started(t, p, rest)
	retries := k6test.LiveCount(t, rest, "clientcreds_retries")
	require.NoError(t, k.Pause())
	t.Cleanup(func() { _ = k.Resume() })
	k6test.Eventually(t, func() bool { return k6test.LiveCount(t, rest, "clientcreds_retries") >= retries+2 }, "requests time out")
	require.NoError(t, k.Resume())

	r := p.Result(t).Passes(t)
	require.Equal(t, 12, r.Summary.Count("iterations"))
	require.Equal(t, 12, r.Summary.Count("clientcreds_requests")-r.Summary.Count("clientcreds_retries"))
}
