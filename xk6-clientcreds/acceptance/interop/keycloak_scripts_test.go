package interop

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// keycloakScript describes a run of a scenario with Keycloak.
type keycloakScript struct {
	env []string
	// lifetime is the lifetime of the tokens of a client that is registered for the run. Without it, the run has the
	// client of deploy/keycloak.
	lifetime time.Duration
	// prepare returns further variables.
	prepare func(t *testing.T, id string) []string
	// The test acts when the log says this.
	says string
	act  func(t *testing.T, env map[string]string)
	// crossed are the thresholds that do not hold, because Keycloak differs from what the scenario expects.
	crossed []string
}

// Objectives are long, because the machine may be busy.
var keycloakScripts = map[string]keycloakScript{
	"api-load.js":           {env: []string{"VUS=2", "DURATION=3s", "PAUSE=0.5"}},
	"api-uncached.js":       {env: []string{"VUS=2", "DURATION=3s", "PAUSE=0.5"}},
	"auth-method-matrix.js": {env: []string{"METHODS=client_secret_basic client_secret_post", "RATE=2", "DURATION=3s", "SLO_P95=1m"}},
	"client-cardinality.js": {
		env: []string{"VUS=2", "DURATION=3s", "CLIENTS=1,3", "SLOWDOWN=1000"}, prepare: keycloakPool,
	},
	"clock-skew.js":      {env: []string{"VUS=2", "DURATION=20s", "PAUSE=0.5", "LEEWAY=15s"}, lifetime: 30 * time.Second},
	"cold-start-herd.js": {env: []string{"VUS=5", "GAP=3s", "MAX_WAIT=1m"}},
	"expiry-herd.js":     {env: []string{"VUS=3", "DURATION=20s", "PAUSE=0.5", "PEAK=1"}, lifetime: 10 * time.Second},
	"hot-client.js": {
		env: []string{"VUS=2", "DURATION=5s", "SHARE=0.5", "SLOWDOWN=1000"}, prepare: keycloakPool,
	},
	"idp-outage.js": {
		env:      []string{"VUS=2", "PAUSE=0.5", "OUTAGE_AFTER=10", "OUTAGE_FOR=18", "RECOVERY=15"},
		lifetime: 40 * time.Second, prepare: keycloakOutage,
	},
	"introspection.js": {
		env: []string{"RATE=5", "DURATION=5s", "INACTIVE=0.5", "MAX_P95=1m"}, lifetime: time.Minute,
	},
	"mixed.js": {
		env:      []string{"RATE=8", "DURATION=6s", "MIX=api=1,grant=1,introspection=1,revocation=1"},
		lifetime: time.Minute,
	},
	// Keycloak says unauthorized_client to a wrong secret, where RFC 6749 §5.2 has invalid_client.
	"negative.js": {
		env: []string{"VUS=3", "DURATION=30s", "MAX_P95=1m"}, lifetime: 3 * time.Second,
		crossed: []string{"checks{case:wrong-secret}"},
	},
	"regression-ci.js": {env: []string{"RATE=2", "API_RATE=2", "DURATION=3s"}},
	"regression-paired.js": {
		env: []string{"ISSUER=", "RATE=2", "API_RATE=2", "DURATION=12s", "WARM_UP=1s"},
		prepare: func(t *testing.T, _ string) []string {
			t.Helper()
			token := sharedKeycloak(t).Token
			return []string{"BASE_TOKEN_URL=" + token, "HEAD_TOKEN_URL=" + token}
		},
	},
	"revocation.js": {
		env: []string{"VUS=2", "DURATION=15s", "PAUSE=0.5", "REVOKE_AFTER=4"}, lifetime: time.Minute,
		says: "revoke the tokens of this client at the server",
		act: func(t *testing.T, env map[string]string) {
			t.Helper()
			sharedKeycloak(t).RevokeTokens(t, env["CLIENT_ID"])
		},
	},
	"secret-key-rotation.js": {
		env:      []string{"VUS=2", "PAUSE=0.5", "ROTATIONS=1", "ROTATE_EVERY=15"},
		lifetime: 10 * time.Second, prepare: keycloakSecretFile,
		says: "replace the signing key of the server", act: rotateAtKeycloak,
	},
	"short-ttl.js":  {env: []string{"VUS=2", "DURATION=20s", "PAUSE=0.5", "LEEWAYS=10%,50%"}, lifetime: 30 * time.Second},
	"smoke.test.js": {},
	"soak-through-expiry.js": {
		env: []string{"VUS=2", "DURATION=20s", "PAUSE=0.5", "LEEWAY=15s", "EXPIRIES=1"}, lifetime: 30 * time.Second,
	},
	"token-baseline.js": {env: []string{"RATE=2", "DURATION=3s", "SLO_P95=1m"}},
	"token-capacity.js": {
		env: []string{"FROM=1", "TO=2", "STEPS=2", "STEP=2s", "WARM_UP=1s", "MAX_VUS=20", "SLO_P95=1m"},
	},
	"token-load.js":     {env: []string{"RATE=2", "DURATION=3s", "MAX_VUS=20"}},
	"token-tls-axis.js": {env: []string{"RATE=2", "DURATION=3s", "GRANTS=2", "SLO_HANDSHAKE=1m"}},
}

// notForKeycloak says why a scenario does not apply.
var notForKeycloak = map[string]string{
	"dpop-nonce.js":   "Keycloak does not demand nonces: see dpop, with a nonce, in docs/evidence/interop.md",
	"rate-limited.js": "Keycloak does not limit the rate of token requests",
}

// Every scenario runs with the realm of deploy/keycloak, which this Keycloak imported, or has a reason not to.
func TestKeycloakScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(k6test.Root, "scripts", "*.js"))
	require.NoError(t, err)
	var all []string
	for _, file := range files {
		all = append(all, filepath.Base(file))
	}
	listed := slices.Concat(slices.Collect(maps.Keys(keycloakScripts)), slices.Collect(maps.Keys(notForKeycloak)))
	require.ElementsMatch(t, all, listed, "each scenario is in one of the two lists")
	for script, c := range keycloakScripts {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			c.run(t, script)
		})
	}
}

func (c keycloakScript) run(t *testing.T, script string) {
	t.Helper()
	env := keycloakEnv(t, append(c.env, k6test.BusyMachine...)...)
	id := "script-" + script
	if c.lifetime > 0 {
		require.True(t, sharedKeycloak(t).Register(t, keycloakScriptClient(id, servers.LongSecret, c.lifetime)).OK)
		env = k6test.With(env, "CLIENT_ID="+id, "CLIENT_SECRET="+servers.LongSecret)
	}
	if c.prepare != nil {
		env = k6test.With(env, c.prepare(t, id)...)
	}
	p := k6test.Run{Script: "scripts/" + script, Env: env}.Start(t)
	if c.act != nil {
		k6test.Eventually(t, func() bool {
			select {
			case <-p.Done:
				require.Fail(t, "k6 ended", p.Output)
			default:
			}
			return strings.Contains(p.Output.String(), c.says)
		}, c.says)
		c.act(t, env)
	}
	r := p.Result(t)
	require.ElementsMatch(t, c.crossed, r.Crossed(), r.Output)
	if c.crossed == nil {
		r.Passes(t)
		// The thresholds have judged the failures that the scenario provokes.
		provoked := slices.Contains([]string{"idp-outage.js", "secret-key-rotation.js"}, script)
		require.Equal(t, provoked, r.Summary.Value("clientcreds_request_failed", "passes") > 0)
	} else {
		require.Equal(t, k6test.ExitThresholds, r.ExitCode, r.Output)
	}
	require.Positive(t, r.Summary.Count("clientcreds_requests"))
	servers.HoldsNone(t, "the output", r.Output, []string{servers.KeycloakSecret, servers.LongSecret}, nil)
}

// keycloakScriptClient may use the API, and introspect its own tokens.
func keycloakScriptClient(id, secret string, lifetime time.Duration) servers.Registration {
	return servers.Registration{ID: id, Secret: secret, AuthMethod: "client_secret_basic", Lifetime: lifetime}
}

// keycloakPool registers the clients of a pool.
func keycloakPool(t *testing.T, id string) []string {
	t.Helper()
	var clients []map[string]string
	for _, suffix := range []string{"-1", "-2", "-3"} {
		require.True(t, sharedKeycloak(t).Register(t, keycloakScriptClient(id+suffix, servers.LongSecret, 0)).OK)
		clients = append(clients, map[string]string{"clientId": id + suffix, "clientSecret": servers.LongSecret})
	}
	text, err := json.Marshal(clients)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "clients.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return []string{"CLIENTS_FILE=" + file}
}

// keycloakSecretFile has the secret in a file.
func keycloakSecretFile(t *testing.T, _ string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	k6test.ReplaceFile(t, file, servers.LongSecret)
	return []string{"CLIENT_SECRET=", "CLIENT_SECRET_FILE=" + file}
}

// rotateAtKeycloak replaces the signing key, and the secret in its file and at the server.
func rotateAtKeycloak(t *testing.T, env map[string]string) {
	t.Helper()
	const second = "x" + servers.LongSecret
	k := sharedKeycloak(t)
	k.RotateSigningKey(t)
	k6test.ReplaceFile(t, env["CLIENT_SECRET_FILE"], second)
	require.True(t, k.Register(t, keycloakScriptClient(env["CLIENT_ID"], second, 10*time.Second)).OK)
}

// keycloakOutage has a gateway in front of Keycloak, which is down when idp-outage.js expects it. Its times begin with
// the first token request.
func keycloakOutage(t *testing.T, _ string) []string {
	t.Helper()
	k := sharedKeycloak(t)
	target, err := url.Parse(k.Token)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{TLSClientConfig: sharedCertificates(t).CA.Client()},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL, r.Out.Host = target, target.Host
		},
	}
	var once sync.Once
	var first time.Time
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { first = time.Now() })
		if since := time.Since(first); since > 10*time.Second && since < 28*time.Second {
			http.Error(w, "Keycloak is down", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(gateway.Close)
	return []string{"ISSUER=", "TOKEN_URL=" + gateway.URL}
}
