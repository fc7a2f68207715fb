package proof

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// own prepares the folder my-test of the page, in a namespace of its own. The script is changed by pairs of texts.
func own(t *testing.T, s *terminal, namespace string, pairs ...string) {
	t.Helper()
	const section = "Your own script, and many clients"
	settings(t, s)
	s.edit(t, "deploy/kubernetes/plain/kustomization.yaml", "      - VUS=4\n", "      - VUS=4\n      - K6_SUMMARY_MODE=disabled\n")
	s.write(t, "my-test/kustomization.yaml", guide.text(t, section, "yaml"))
	s.write(t, "my-test/test.js", guide.text(t, section, "js"))
	s.write(t, "my-test/clients.json", clients)
	s.edit(t, "my-test/test.js", pairs...)
	inNamespace(t, s, namespace)
}

// inNamespace prepares a namespace with the Secret.
func inNamespace(t *testing.T, s *terminal, namespace string) {
	t.Helper()
	quiet := &terminal{dir: s.dir}
	quiet.run(t, "kubectl create namespace "+namespace)
	quiet.run(t, "kubectl config set-context --current --namespace "+namespace)
	quiet.run(t, guide.commands("Before the first run")[2])
}

// serveClients starts a server that knows the clients of the pool.
func serveClients(t *testing.T, s *terminal, args ...string) {
	t.Helper()
	s.serve(t, append([]string{"--clients=/clients/clients.json", "--ttl=5m"}, args...)...)
}

// TestClientsAreUnique holds that the virtual users of all pods have different clients: as many tokens as virtual users, each of
// another client.
func TestClientsAreUnique(t *testing.T) {
	s := newTerminal(t)
	serveClients(t, s)
	own(t, s, "many-clients")
	s.run(t, "kubectl apply --kustomize my-test")
	s.run(t, guide.commands("Run")[1])
	out := s.section(t, "Verdict")
	require.Equal(t, 2, strings.Count(out, " 0\n"), out)
	require.Equal(t, map[string]int{"shop-1": 1, "shop-2": 1, "shop-3": 1, "shop-4": 1}, stats(t).TokenRequests.ByClient)
	require.NotContains(t, s.shown.String(), "only-for-shop")
	evidence.add("Many clients", s)
}

// crossing is a run that ends, but not well: the stage does not say so, the exit codes do.
func crossing(t *testing.T, s *terminal, code, verdict string) {
	t.Helper()
	s.run(t, "kubectl apply --kustomize my-test")
	s.run(t, guide.commands("Run")[1])
	commands := guide.commands("Verdict")
	_, failed := s.try(t, commands[0])
	require.NotZero(t, failed, "the gate notices it")
	codes, logs := s.run(t, commands[1]), s.run(t, commands[2])
	require.Equal(t, 2, strings.Count(codes, " "+code+"\n"), "%s%s", codes, logs)
	require.Equal(t, 2, strings.Count(logs, verdict+": "), logs)
}

func TestCrossedThreshold(t *testing.T) {
	s := newTerminal(t)
	serveClients(t, s)
	own(t, s, "threshold", "  scenarios:", "  thresholds: { http_req_duration: ['p(95)<0.001'] },\n  scenarios:")
	crossing(t, s, "99", "FAIL")
	evidence.add("A crossed threshold", s)
}

func TestInvalidRun(t *testing.T) {
	s := newTerminal(t)
	serveClients(t, s, `--faults={"api": {"errors": [{"rate": 0.2, "error": "invalid_token"}]}}`)
	own(t, s, "invalid")
	crossing(t, s, "90", "INVALID")
	evidence.add("A run that is not valid", s)
}

// stuck is a run that cannot start: it stays in the stage created, and the wait ends with its timeout.
func stuck(t *testing.T, s *terminal, state string) {
	t.Helper()
	s.run(t, "kubectl apply --kustomize deploy/kubernetes/plain")
	quiet := &terminal{dir: s.dir}
	eventually(t, state, func() bool {
		return strings.Count(quiet.run(t, "kubectl get pods --selector k6_cr=api-load,runner=true"), state) == 2
	})
	out, code := s.try(t, strings.Replace(guide.commands("Run")[1], "15m", "3s", 1))
	require.NotZero(t, code)
	require.Contains(t, out, "timed out")
	s.run(t, "kubectl get pods")
	require.Equal(t, "created", s.run(t, "kubectl get testrun/api-load --output jsonpath='{.status.stage}'"))
	require.Empty(t, quiet.run(t, "kubectl get job/api-load-starter --ignore-not-found"))
}

func TestMissingSecret(t *testing.T) {
	s := newTerminal(t)
	settings(t, s)
	inNamespace(t, s, "no-secret")
	(&terminal{dir: s.dir}).run(t, "kubectl delete secret/load-test-client")
	stuck(t, s, "CreateContainerConfigError")
	message := s.run(t, "kubectl get pods --selector runner=true --output jsonpath='{.items[0].status.containerStatuses[0].state.waiting.message}'")
	require.Contains(t, message, `secret "load-test-client" not found`)
	evidence.add("A missing Secret", s)
}

func TestMissingSetting(t *testing.T) {
	s := newTerminal(t)
	settings(t, s)
	inNamespace(t, s, "no-setting")
	s.edit(t, "deploy/kubernetes/plain/kustomization.yaml", "API_URL=", "API_URI=")
	stuck(t, s, "Error")
	require.Equal(t, 2, strings.Count(s.run(t, guide.commands("Verdict")[1]), " 107\n"))
	require.Contains(t, s.run(t, guide.commands("Verdict")[2]), "API_URL")
	evidence.add("A missing setting", s)
}
