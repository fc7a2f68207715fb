package scenarios

import (
	"crypto"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

func TestScenarioIDPOutage(t *testing.T) {
	runScenarios(t, "scripts/idp-outage.js", map[string]scenario{
		"good": {
			env:   []string{"VUS=3", "TTL=8s", "OUTAGE_AFTER=2", "OUTAGE_FOR=3", "RECOVERY=3"},
			lines: []string{"  outage   up to {x} failed token requests per second of a virtual user"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.Equal(t, stats.Faults["outage"]["token"], stats.TokenRequests.ByResult["http_503"])
				require.Positive(t, stats.Faults["outage"]["token"])
				require.EqualValues(t, r.Summary.Value("clientcreds_request_failed", "passes"), stats.Faults["outage"]["token"])
				require.GreaterOrEqual(t, stats.TokenRequests.ByResult["issued"], int64(1+3+3),
					"the first ones, and after the outage")
			},
		},
		"longer than the leeway": {
			env: []string{
				"VUS=3", "TTL=4s", "LEEWAY=10%", "OUTAGE_AFTER=1", "OUTAGE_FOR=5", "OUTAGE_HOW=reset",
				"RECOVERY=2",
			},
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks"},
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				onlyGranted(t, stats) // nothing is sent without a token
			},
		},
		"more retries than allowed": {
			env:     []string{"VUS=3", "TTL=4s", "OUTAGE_AFTER=1", "OUTAGE_FOR=2", "RECOVERY=2", "AMPLIFICATION=0.1"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"outage_requests"},
		},
		"longer than it was said to be": {
			env: []string{"VUS=3", "TTL=4s", "OUTAGE_AFTER=1", "OUTAGE_FOR=2", "RECOVERY=1"},
			during: func(t *testing.T, s *servers.Local) {
				t.Helper()
				k6test.Eventually(t, func() bool { return s.Stats().Faults["outage"]["token"] > 0 }, "the outage")
				s.PutFaults(t, `{"token": {"outages": [{"for": "1m"}]}}`)
			},
			exit:    k6test.ExitThresholds,
			crossed: []string{"idp_recovery"},
		},
		"nobody needs a token meanwhile": {
			env:     []string{"VUS=3", "TTL=60s", "OUTAGE_AFTER=500ms", "OUTAGE_FOR=0.5s", "RECOVERY=0.5"},
			lines:   []string{"  outage   no token request failed: nothing was tested"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_failed"},
		},
	})
}

func TestScenarioRateLimited(t *testing.T) {
	runScenarios(t, "scripts/rate-limited.js", map[string]scenario{
		"good": {
			env:   []string{"LIMIT=5", "VUS=15", "DURATION=4s"},
			lines: []string{"  limit    {x} tokens/s of 5, amplification {x}, at most 4.40"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Equal(t, map[string]int64{
					"issued":       int64(r.Summary.Count("iterations")),
					"rate_limited": stats.Faults["rate_limit"]["token"],
				}, stats.TokenRequests.ByResult)
				require.Positive(t, stats.Faults["rate_limit"]["token"])
			},
		},
		"another server lets fewer through": {
			server:  servers.WithFaults(`{"token": {"rate_limit": {"per_second": 2}}}`),
			env:     []string{"ADMIN_URL=", "LIMIT=5", "VUS=5", "DURATION=3s"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_requests{status:200}"},
			says:    "no ADMIN_URL, so not the local server: it has to let 5 token requests per second through",
		},
		"another server tells no time": {
			server:  servers.WithFaults(`{"token": {"errors": [{"rate": 0.3, "status": 429}]}}`),
			env:     []string{"ADMIN_URL=", "LIMIT=5", "VUS=6", "DURATION=1s"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_retry_after"},
		},
	})
}

func TestScenarioRevocation(t *testing.T) {
	other := servers.StartLocal(t, nil)
	runScenarios(t, "scripts/revocation.js", map[string]scenario{
		"good": {
			env:   []string{"VUS=3", "DURATION=4s", "REVOKE_AFTER=1"},
			lines: []string{"  revoked  3 requests refused, 3 new tokens, by 3 virtual users"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.EqualValues(t, 3, stats.Faults["revoked_token"]["api"])
				require.EqualValues(t, 1+3+3, stats.TokenRequests.ByResult["issued"])
				require.Zero(t, r.Summary.Value("checks", "fails"))
			},
		},
		"the API does not notice": {
			env:     []string{"VUS=3", "DURATION=2s", "REVOKE_AFTER=0.5", "ADMIN_URL=" + other.Endpoints().Admin},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_rejections"},
		},
		"another server, where nobody does it": {
			env:     []string{"ADMIN_URL=", "VUS=3", "DURATION=1s", "REVOKE_AFTER=0.5"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_rejections"},
			says:    "now: revoke the tokens of this client at the server",
		},
		"the API refuses new tokens too": {
			server:  func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{servers.RejectsEveryFourth()} },
			env:     []string{"VUS=3", "DURATION=2s", "REVOKE_AFTER=0.5"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_rejections", "clientcreds_requests{reason:rejected}"},
		},
		"nothing can be revoked": {
			env:  []string{"VUS=1", "DURATION=5s", "REVOKE_AFTER=0.2", "ADMIN_URL=http://127.0.0.1:9/admin"},
			exit: k6test.ExitAborted,
			says: "faults: POST /revocations: no answer",
		},
	})
}

func TestScenarioSecretKeyRotation(t *testing.T) {
	signed := func(c *authserver.Config) { c.TokenFormat = authserver.JWT }
	file := func(name string) string { return filepath.Join(t.TempDir(), name) }
	replaced, stale := file("replaced"), file("stale")
	k6test.ReplaceFile(t, replaced, servers.LocalSecret)
	k6test.ReplaceFile(t, stale, servers.LocalSecret)
	rotate := func(files ...string) func(*testing.T, *servers.Local) {
		return func(t *testing.T, s *servers.Local) {
			t.Helper()
			k6test.Eventually(t, func() bool { return s.Stats().TokenRequests.ByResult["issued"] >= 1+3 }, "tokens for the old secret")
			for _, file := range files {
				k6test.ReplaceFile(t, file, "another-"+servers.LocalSecret)
			}
			require.NoError(t, s.RotateSecret(servers.LocalID, secret.New("another-"+servers.LocalSecret), 0))
		}
	}
	oldKey := testkit.NewKey(t, "EdDSA")
	newKey := testkit.NewKey(t, "EdDSA")
	keyFile, newKeyFile := servers.WriteKey(t, oldKey), servers.WriteKey(t, newKey)
	keySet := func(key crypto.Signer) jose.JSONWebKeySet {
		return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public()}}}
	}
	runScenarios(t, "scripts/secret-key-rotation.js", map[string]scenario{
		"signing keys": {
			server: signed,
			env:    []string{"VUS=3", "TTL=3s", "ROTATIONS=2", "ROTATE_EVERY=2", "OVERLAP=4s"},
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.EqualValues(t, 2, stats.Faults["key_rotation"]["server"])
			},
		},
		"signing keys, the former ones forgotten at once": {
			server:  signed,
			env:     []string{"VUS=3", "TTL=3s", "ROTATIONS=1", "ROTATE_EVERY=2", "OVERLAP=0s"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"http_req_failed", "clientcreds_rejections"},
		},
		"signing keys of a server that has none": {
			env:  []string{"VUS=1", "TTL=3s", "ROTATIONS=1", "ROTATE_EVERY=1"},
			exit: k6test.ExitAborted,
			says: "faults: POST /keys: tokens are opaque: no key signs them",
		},
		"a secret": {
			env: []string{
				"VUS=3", "TTL=3s", "ROTATIONS=0", "ROTATE_EVERY=5", "CLIENT_SECRET=",
				"CLIENT_SECRET_FILE=" + replaced,
			},
			during: rotate(replaced),
			says:   "  rotated  1 new secret picked up, ",
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.Positive(t, stats.TokenRequests.ByResult["invalid_client"])
			},
		},
		"a key": {
			server: func(c *authserver.Config) { c.Clients[0].JWKS = keySet(oldKey) },
			env: []string{
				"VUS=3", "TTL=3s", "ROTATIONS=0", "ROTATE_EVERY=5", "CLIENT_SECRET=", "AUTH=private_key_jwt",
				"CLIENT_KEY_FILE=" + keyFile,
			},
			during: func(t *testing.T, s *servers.Local) {
				t.Helper()
				k6test.Eventually(t, func() bool { return s.Stats().TokenRequests.ByResult["issued"] >= 1+3 }, "tokens for the old key")
				k6test.ReplaceFile(t, keyFile, k6test.ReadFile(t, newKeyFile))
				require.NoError(t, s.RotateJWKS(servers.LocalID, keySet(newKey)))
			},
			says: "  rotated  1 new secret picked up, ",
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.Positive(t, stats.TokenRequests.ByResult["invalid_client"])
			},
		},
		"a secret, at the server only": {
			env: []string{
				"VUS=3", "TTL=2s", "ROTATIONS=0", "ROTATE_EVERY=5", "CLIENT_SECRET=",
				"CLIENT_SECRET_FILE=" + stale,
			},
			during:  rotate(),
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks", "clientcreds_requests{error:invalid_client}", "clientcreds_secret_rotations"},
		},
	})
}

func TestScenarioClockSkew(t *testing.T) {
	runScenarios(t, "scripts/clock-skew.js", map[string]scenario{
		"good": {
			env:  []string{"VUS=3", "DURATION=6s", "TTL=6s", "SKEW=1s", "LEEWAY=40%"},
			says: "  clocks   the authorization server's differs by 0 ms, the API's by ",
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.Positive(t, r.Summary.Value("api_clock_skew", "max"))
				require.Equal(t, stats.APIRequests.Total, stats.Faults["clock_skew"]["api"])
			},
		},
		"the leeway is too short": {
			env:     []string{"VUS=3", "DURATION=5s", "TTL=4s", "SKEW=2s", "LEEWAY=0", "JITTER=0"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"clientcreds_rejections"},
		},
		"token requests fail": {
			server:  servers.WithFaults(`{"token": {"outages": [{"after": "2s", "for": "1m"}]}}`),
			env:     []string{"VUS=2", "DURATION=4s", "TTL=6s", "SKEW=1s", "LEEWAY=45%"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_failed"},
		},
		"the authorization server's clock": {
			env:     []string{"VUS=3", "DURATION=5s", "TTL=4s", "CLOCK=server", "SKEW=30s", "LEEWAY=40%"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"clientcreds_clock_skew"},
			lines:   []string{"  verdict  INVALID: the server's clock and this one differ by {x} s"},
		},
	})
}

// A scenario leaves the local server as it was.
func TestScenariosPutFaultsBack(t *testing.T) {
	t.Parallel()
	const faults = `{"token": {"latency": "1ms"}, "ttl": "2m"}`
	for script, env := range map[string][]string{
		"scripts/clock-skew.js":   {"VUS=1", "DURATION=1s"},
		"scripts/idp-outage.js":   {"VUS=1", "OUTAGE_AFTER=0.1", "OUTAGE_FOR=0.1", "RECOVERY=0.1"},
		"scripts/rate-limited.js": {"VUS=1", "DURATION=1s"},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, servers.WithFaults(faults))
			r := k6test.Run{Script: script, Env: server.Env(env...)}.Do(t)
			require.JSONEq(t, faults, k6test.Body(t, server.Endpoints().Admin+"/faults"), r.Output)
			require.Positive(t, r.Summary.Count("http_reqs{name:admin}"), r.Output)
		})
	}
}
