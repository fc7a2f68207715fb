package interop

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
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

// restartRun is a run whose virtual users go on until Keycloak has been gone and is back.
type restartRun struct {
	*k6test.K6

	rest, record string
}

func startRestartRun(t *testing.T, id, retry string) restartRun {
	t.Helper()
	p := restartRun{rest: k6test.FreeAddress(t), record: filepath.Join(t.TempDir(), "record.json")}
	p.K6 = k6test.Run{
		Script: k6test.Fixture("restart.js"),
		Env: keycloakEnv(t, "TOKEN_URL="+sharedKeycloak(t).Token, "CLIENT_ID="+id, "CLIENT_SECRET="+servers.LongSecret,
			"RETRY="+retry, "K6_CLIENTCREDS_EXIT_CODE=verdict"),
		Args:   []string{"--address", p.rest, "-o", "clientcreds-record=" + p.record},
		AtMost: 15 * time.Minute,
	}.Start(t)
	return p
}

// reaches waits until a counter is at least n.
func (p restartRun) reaches(t *testing.T, metric string, n int) {
	t.Helper()
	k6test.Eventually(t, func() bool { return k6test.LiveCount(t, p.rest, metric) >= n }, metric)
}

// Keycloak is stopped and started again, with the clients that it had. Clients that retry lose nothing, and their run
// is valid. Without retries, requests fail as long as Keycloak is gone, and the run is not valid. Both get tokens
// again.
// The test is not parallel: the other tests of this package need the server.
func TestKeycloakRestarted(t *testing.T) { //nolint:paralleltest // see above
	k := sharedKeycloak(t)
	const id = "restarted"
	client := servers.Registration{ID: id, Secret: servers.LongSecret, AuthMethod: "client_secret_basic"}
	require.True(t, k.Register(t, client).OK)
	// Long enough for a busy machine to start Keycloak.
	patient := startRestartRun(t, id, `{"attempts": 100, "backoff": "10s", "maxBackoff": "10s", "budget": "15m"}`)
	hasty := startRestartRun(t, id, `{"attempts": 1}`)
	patient.reaches(t, "tokens_granted", 4)
	hasty.reaches(t, "tokens_granted", 4)
	k.Stop(t)
	patient.reaches(t, "clientcreds_retries", 2)
	hasty.reaches(t, "tokens_refused", 20)
	k.Start(t)

	again := 0
	for _, run := range []restartRun{patient, hasty} {
		r := run.Result(t)
		s, record := r.Summary, k6test.ReadRecord(t, run.record)
		retries := s.Count("clientcreds_retries")
		again += s.Count("tokens_granted_again")
		require.Equal(t, 2, s.Count("iterations"), r.Output)
		require.Equal(t, 6, s.Count("tokens_granted_again"))
		require.Equal(t, s.Count("clientcreds_requests"), s.Count("tokens_granted")+s.Count("tokens_refused")+retries)
		failed := int(s.Value("clientcreds_request_failed", "passes"))
		require.Equal(t, s.Count("tokens_refused")+retries, failed)
		byError := record.Metrics["clientcreds_requests"].By["error"]
		require.Positive(t, byError["connection_refused"].Sum, "%v", byError)
		if run == patient {
			require.Zero(t, r.ExitCode, r.Output)
			require.Zero(t, s.Count("tokens_refused"))
			require.Equal(t, "PASS", record.Validity.Verdict)
		} else {
			require.Equal(t, k6test.ExitInvalid, r.ExitCode, r.Output)
			require.Zero(t, retries)
			require.Equal(t, "INVALID", record.Validity.Verdict)
			require.Equal(t, []string{"failed_token_requests"}, record.Rules())
		}
	}
	require.Equal(t, again, k.TokensGranted(t), "Keycloak counts the same tokens since it started again")
}
