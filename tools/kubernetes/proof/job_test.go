package proof

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestJob runs one pod without the operator, well and not well. The image has no shell.
func TestJob(t *testing.T) {
	const section = "One pod, without the operator"
	s := newTerminal(t)
	s.serve(t, "--ttl=5s")
	s.edit(t, "deploy/kubernetes/job/kustomization.yaml", "newTag: latest", "newTag: v0", "ISSUER=https://idp.example.com", "ISSUER="+issuer,
		"API_URL=https://api.example.com/orders", "API_URL="+issuer+"/api/orders", "VUS=20", "VUS=2", "DURATION=1m", "DURATION=5s\n      - K6_CLIENTCREDS_ALLOW=generator_saturated")
	inNamespace(t, s, "ci")
	(&terminal{dir: s.dir}).run(t, "kubectl label namespace ci pod-security.kubernetes.io/enforce=restricted")
	out := s.section(t, section)
	require.Contains(t, out, "verdict  PASS")
	require.Contains(t, out, "\n0\n")

	// The last command of the page deleted the Job. Another secret now makes the same fail.
	(&terminal{dir: s.dir}).run(t, "kubectl delete secret/load-test-client")
	(&terminal{dir: s.dir}).run(t, "kubectl create secret generic load-test-client --from-literal=client-id=demo --from-literal=client-secret=wrong")
	commands := guide.commands(section)
	for _, command := range commands[:2] {
		s.run(t, command)
	}
	require.Contains(t, s.run(t, commands[2]), "invalid_client")
	require.Equal(t, "107\n", s.run(t, commands[3]))
	_, code := s.try(t, commands[4])
	require.NotZero(t, code)
	evidence.add("A Job without the operator: first with the right secret, then with a wrong one", s)
}

// TestKeycloakIsAdmitted lets the API server check the objects of the overlay in a namespace that enforces the standard. Keycloak's own
// image is in a registry, so it does not run here.
func TestKeycloakIsAdmitted(t *testing.T) {
	s := newTerminal(t)
	inNamespace(t, s, "keycloak")
	s.run(t, "kubectl label namespace keycloak pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/warn=restricted")
	for _, command := range guide.commands("Keycloak") {
		guide.tried[command] = true
		if strings.Contains(command, " apply ") {
			require.NotContains(t, s.run(t, command+" --dry-run=server"), "Warning")
		}
	}
}
