package proof

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// settings are the edits of plain/kustomization.yaml that make a short run of two pods on one node, which others may keep busy.
func settings(t *testing.T, s *terminal) {
	t.Helper()
	s.edit(t, "deploy/kubernetes/plain/kustomization.yaml",
		"ISSUER=https://idp.example.com", "ISSUER="+issuer,
		"API_URL=https://api.example.com/orders", "API_URL="+issuer+"/api/orders\n      - VUS=4\n      - DURATION=10s\n      - K6_PROMETHEUS_LINGER=8s\n"+
			"      - K6_CLIENTCREDS_ALLOW=generator_saturated",
		"# patches:", "patches:", "#   - target", "  - target", "#     patch", "    patch",
		"#       - {op: replace, path: /spec/parallelism, value: 8}",
		"      - {op: replace, path: /spec/parallelism, value: 2}\n      - {op: replace, path: /spec/runner/resources/requests/cpu, value: 100m}")
}

// total is the sum of a counter in a run record.
func total(t *testing.T, path, metric string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var record struct {
		Metrics map[string]struct{ All struct{ Sum float64 } }
	}
	require.NoError(t, json.Unmarshal(content, &record))
	return int(record.Metrics[metric].All.Sum)
}

// TestDistributedRun goes through the page in a namespace that enforces the standard "restricted": server, pods, Prometheus and merged
// record have the same counts.
func TestDistributedRun(t *testing.T) {
	s := newTerminal(t)
	s.serve(t, "--ttl=5s")
	startPrometheus(t)
	settings(t, s)
	s.edit(t, "deploy/kubernetes/plain/kustomization.yaml", "# components: [../records]", "components: [../records]")
	provideVolume(t, s)

	s.section(t, "Before the first run")
	s.section(t, "Run")
	verdict := s.section(t, "Verdict")
	require.Len(t, regexp.MustCompile(`(?m)^api-load-[12]-\w+ 0$`).FindAllString(verdict, -1), 2)
	require.Equal(t, 2, strings.Count(verdict, "verdict  PASS"))
	require.Contains(t, s.section(t, "Records"), "PASS")

	pods, err := filepath.Glob(filepath.Join(s.dir, "records", "*.json"))
	require.NoError(t, err)
	require.Len(t, pods, 2)
	server := stats(t)
	require.Equal(t, map[string]int{"issued": server.TokenRequests.Total}, server.TokenRequests.ByResult)
	require.GreaterOrEqual(t, server.TokenRequests.Total, 4*2, "tokens were replaced")
	rows := []row{
		{"Token requests", "k6_clientcreds_requests_total", "clientcreds_requests", server.TokenRequests.Total},
		{"API requests", "k6_http_reqs_total", "http_reqs", server.APIRequests.Total},
	}
	for _, r := range rows {
		first, second := total(t, pods[0], r.inRecord), total(t, pods[1], r.inRecord)
		require.Positive(t, first, r.name)
		require.Positive(t, second, r.name)
		require.Equal(t, r.server, first+second, "%s: server and pods", r.name)
		require.Equal(t, r.server, sum(t, r.inPrometheus), "%s: server and Prometheus", r.name)
		require.Equal(t, r.server, total(t, filepath.Join(s.dir, "run.json"), r.inRecord), "%s: server and merged record", r.name)
		evidence.counts = append(evidence.counts, fmt.Sprintf("| %s | %d | %d + %d | %d | %d |", r.name, r.server, first, second, r.server, r.server))
	}
	require.FileExists(t, filepath.Join(s.dir, "report.html"))
	isConfined(t, s)

	require.Contains(t, s.section(t, "Run again"), "deleted")
	require.Empty(t, s.run(t, "kubectl get jobs,pods --selector k6_cr=api-load --output name"))
	require.Empty(t, strings.TrimSpace(s.run(t, "kubectl exec records -- find /records -name '*.json'")))
	require.NotContains(t, s.shown.String(), clientSecret)
	evidence.add("A run in a restricted namespace", s)

	again := &terminal{dir: s.dir}
	again.section(t, "Run")
	require.Equal(t, 2, strings.Count(again.section(t, "Verdict"), "verdict  PASS"))
}

type row struct {
	name, inPrometheus, inRecord string
	server                       int
}

// provideVolume makes the volume that the claim gets.
func provideVolume(t *testing.T, s *terminal) {
	t.Helper()
	shared := filepath.Join(s.dir, "volume")
	require.NoError(t, os.Mkdir(shared, 0o700))
	require.NoError(t, os.Chmod(shared, 0o777)) // #nosec G302 -- pods of another user write to it, below a folder of this user
	s.write(t, "volume.yaml", fmt.Sprintf(`{apiVersion: v1, kind: PersistentVolume, metadata: {name: shared}, spec: {
		capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], hostPath: {path: %s}}}`, shared))
	(&terminal{dir: s.dir}).run(t, "kubectl apply --filename volume.yaml")
}

// isConfined holds that no pod of the run has the token of a service account, or a writable file system.
func isConfined(t *testing.T, s *terminal) {
	t.Helper()
	quiet := &terminal{dir: s.dir}
	out := quiet.run(t, `kubectl get pods --output jsonpath='{range .items[*]}{.metadata.name} {.spec.automountServiceAccountToken} `+
		`{.spec.containers[0].securityContext.readOnlyRootFilesystem} {.spec.containers[0].securityContext.seccompProfile.type}{"\n"}{end}'`)
	for _, name := range []string{`api-load-1-\w+`, `api-load-2-\w+`, `api-load-starter-\w+`, "records"} {
		require.Regexp(t, "(?m)^"+name+" false true RuntimeDefault$", out)
	}
	require.Equal(t, "metrics metrics", quiet.run(t,
		`kubectl get pods --selector app=k6,runner=true --output jsonpath='{.items[*].spec.containers[0].ports[?(@.containerPort==9464)].name}'`))
}
