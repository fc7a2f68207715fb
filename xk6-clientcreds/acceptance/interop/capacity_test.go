//go:build capacity && linux

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	linux "golang.org/x/sys/unix"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// The cores that k6 and the server have for themselves.
const (
	generatorCore = 0
	serverCore    = 1
)

// measuredServer is a server whose capacity is looked for.
type measuredServer struct {
	name   string
	start  func(*testing.T, servers.ClientCertificates, []servers.Registration) counterpart
	ladder []string // the environment of the steps
	// saturates says that k6 may be at its limit: the server is there to show what k6 can send.
	saturates bool
}

// keycloakLadder has HTTP/1.1, and a warm-up that compiles the server, because Gatling gets the same load.
var keycloakLadder = []string{"FROM=60", "TO=330", "STEPS=10", "STEP=5s", "WARM_UP=60s", "GODEBUG=http2client=0"}

// The last one is fast enough to show how much of this load k6 can make: its steps are the same as before.
func measuredServers(t *testing.T) []measuredServer {
	t.Helper()
	wide := []string{"FROM=300", "TO=3900", "STEPS=13", "STEP=4s"}
	return []measuredServer{
		{
			name:  "Ory Hydra " + moduleVersion(t, "hydra", "github.com/ory/hydra/v2"),
			start: hydraCounterpart, ladder: []string{"FROM=60", "TO=240", "STEPS=10", "STEP=4s"},
		},
		{
			name:  "oidc-provider " + packageVersion(t, "oidc-provider"),
			start: oidcProviderCounterpart, ladder: append([]string{"RESOURCE=" + interopResource}, wide...),
		},
		{name: "Keycloak " + composeVersion(t, "keycloak"), start: warmKeycloak, ladder: keycloakLadder},
		{
			name:  "zitadel/oidc " + moduleVersion(t, "zitadel", "github.com/zitadel/oidc/v3"),
			start: zitadelCounterpart, ladder: wide, saturates: true,
		},
	}
}

// warmKeycloak is a Keycloak that compiles as in production.
func warmKeycloak(t *testing.T, certs servers.ClientCertificates, clients []servers.Registration) counterpart {
	t.Helper()
	k := servers.StartKeycloakWith(t, filepath.Join(t.TempDir(), "keycloak"), certs.CA, "")
	t.Cleanup(k.Kill)
	k.AddScope(t, clients[0].Scope, "")
	require.True(t, k.Register(t, clients[0]).OK)
	return counterpart{tokenURL: k.Token, caFile: certs.CA.CAFile}
}

// Measures the tokens per second of each server within an objective, on one core, with k6 on another one.
// docs/evidence/capacity.md has what came of it.
func TestCapacity(t *testing.T) {
	require.GreaterOrEqual(t, runtime.NumCPU(), 2, "k6 and the server need a core each")
	certs := servers.NewClientCertificates(t)
	client := servers.Registration{
		ID: "capacity", Secret: "secret-of-capacity", AuthMethod: "client_secret_basic",
		GrantTypes: []string{"client_credentials"}, Scope: "api:read",
	}
	var table, tools, steps strings.Builder
	busy := busyBefore(t)
	for _, server := range measuredServers(t) {
		var c counterpart
		onCore(t, serverCore, func() { c = server.start(t, certs, []servers.Registration{client}) })
		result := filepath.Join(t.TempDir(), "capacity.json")
		env := k6test.With(map[string]string{
			"TOKEN_URL": c.tokenURL, "SSL_CERT_FILE": c.caFile, "CLIENT_ID": client.ID, "CLIENT_SECRET": client.Secret,
			"SLO_P95": objective, "RESULT_FILE": result, "GOGC": "400",
		}, server.ladder...)
		if server.saturates {
			env["K6_CLIENTCREDS_ALLOW"] = "generator_saturated" // the table names the generator as the limit
		}
		var r k6test.Result
		used := watchCores(t, func() {
			onCore(t, generatorCore, func() { r = k6test.Run{Script: "scripts/token-capacity.js", Judged: true, Env: env}.Do(t) })
		})
		t.Log(r.Output)
		require.Zero(t, r.ExitCode, "the server misses its objective in the first step, or the run does not count")
		found := k6test.ReadCapacity(t, result)
		row := fmt.Sprintf("| %.0f | %.0f | %s: %s | %.0f%% | %.0f%% |\n", found.Capacity, found.Most, found.Limit, found.Why,
			100*used[serverCore], 100*found.GeneratorCPU)
		fmt.Fprintf(&table, "| %s %s", server.name, row)
		writeSteps(&steps, server.name, server.ladder, found)
		if slices.Equal(server.ladder, keycloakLadder) {
			name := "Gatling " + gatlingVersion(t)
			found, used := runGatling(t, env)
			fmt.Fprintf(&tools, "| k6 with this project %s| %s | %.0f | %.0f | %s: %s | %.0f%% | %.0f%% |\n", row, name, found.Capacity,
				found.Most, found.Limit, found.Why, 100*used[serverCore], 100*used[generatorCore])
			writeSteps(&steps, server.name+", "+name, server.ladder, found)
		}
	}
	const columns = "| Tokens/s within the objective | Most tokens/s | Limit | Most CPU of the server's core | Most CPU of the generator |\n" +
		"|---|---|---|---|---|---|\n"
	document(t, "docs/evidence/capacity.md", "\n"+machine(t)+" "+busy+"\n\n| Server "+columns+table.String()+
		"\n### Keycloak by two tools\n\n| Source "+columns+
		"| [Keycloak's sizing guide](https://www.keycloak.org/high-availability/single-cluster/concepts-memory-and-cpu-sizing) | "+
		"120 for each vCPU | | | | |\n"+tools.String()+"\n### Steps\n"+steps.String())
}

// objective is the time within which a server answers 95% of the requests.
const objective = "100ms"

func writeSteps(b *strings.Builder, name string, ladder []string, found k6test.Capacity) {
	fmt.Fprintf(b, "\n%s, `%s`:\n\n| Rate | Granted | p95 | Failed | Missed by |\n|---|---|---|---|---|\n",
		name, strings.Join(ladder, " "))
	for _, s := range found.Steps {
		fmt.Fprintf(b, "| %d/s | %.1f/s | %.1f ms | %.2f%% | %s |\n", s.Rate, s.Granted, s.P95, 100*s.Failed, s.Miss)
	}
}

// onCore has what start starts run on one core, with all of its threads.
func onCore(t *testing.T, core int, start func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, only linux.CPUSet
	require.NoError(t, linux.SchedGetaffinity(0, &before))
	only.Set(core)
	require.NoError(t, linux.SchedSetaffinity(0, &only))
	defer func() { require.NoError(t, linux.SchedSetaffinity(0, &before)) }()
	start()
}

// machine says what the numbers belong to.
func machine(t *testing.T) string {
	t.Helper()
	model := "unknown CPU"
	for line := range strings.Lines(k6test.ReadFile(t, "/proc/cpuinfo")) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
		}
	}
	return fmt.Sprintf("%d cores, %s, %s/%s, %s.", runtime.NumCPU(), model, runtime.GOOS, runtime.GOARCH,
		runtime.Version())
}

// document replaces what a page has below its marker.
func document(t *testing.T, name, results string) {
	t.Helper()
	path := filepath.Join(k6test.Root, name)
	const marker = "<!-- make capacity writes from here -->\n"
	head, _, found := strings.Cut(k6test.ReadFile(t, path), marker)
	require.True(t, found, "no marker in %s", name)
	require.NoError(t, os.WriteFile(path, []byte(head+marker+results), 0o644)) // #nosec G306 -- a document
}
