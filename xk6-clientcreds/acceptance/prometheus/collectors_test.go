package prometheus

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// exampleTarget and exampleInterval are in every configuration of docs/guides/collectors.md.
const (
	exampleTarget   = "127.0.0.1:9464"
	exampleInterval = "5s"
)

var configOfGuide = regexp.MustCompile("(?s)<!-- config: ([a-z]+) -->\n\n```[a-z]+\n(.*?)```")

// collectorConfigs are the configurations of the guide by their names.
func collectorConfigs(t *testing.T) map[string]string {
	t.Helper()
	configs := make(map[string]string)
	guide := k6test.ReadFile(t, filepath.Join(k6test.Root, "docs/guides/collectors.md"))
	for _, match := range configOfGuide.FindAllStringSubmatch(guide, -1) {
		configs[match[1]] = match[2]
		assert.Contains(t, match[2], exampleTarget, "what k6 listens on without options")
		assert.Contains(t, match[2], exampleInterval)
	}
	require.Len(t, configs, 4, "configurations with a mark")
	return configs
}

// check runs a program on a configuration.
func check(t *testing.T, config, program string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FILE", file)
	}
	out, err := exec.CommandContext(t.Context(), k6test.Program(t, program), args...).CombinedOutput() // #nosec G204 -- as above
	assert.NoError(t, err, "%s\n%s", out, config)
	return string(out)
}

// TestCollectorConfigurations: each collector's own parser accepts its configuration in the guide.
func TestCollectorConfigurations(t *testing.T) {
	t.Parallel()
	configs := collectorConfigs(t)
	check(t, configs["prometheus"], "PROMTOOL_BIN", "check", "config", "FILE")
	check(t, configs["vmagent"], "VMAGENT_BIN", "-promscrape.config=FILE", "-dryRun", "-remoteWrite.url=http://127.0.0.1:1")
	assert.Equal(t, "prometheus.scrape k6\nprometheus.remote_write mimir\n",
		check(t, configs["alloy"], "ALLOY_PARSE_BIN", "FILE"))
	assert.Contains(t, configs["alloy"], "[prometheus.remote_write.mimir.receiver]", "the block that is there")

	var otel struct {
		Receivers map[string]struct{ Config map[string]any }
		Exporters map[string]any
		Service   struct {
			Pipelines map[string]struct{ Receivers, Exporters []string }
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(configs["otel"]), &otel))
	scrape, err := yaml.Marshal(otel.Receivers["prometheus"].Config)
	require.NoError(t, err)
	check(t, string(scrape), "PROMTOOL_BIN", "check", "config", "FILE")
	for _, name := range otel.Service.Pipelines["metrics"].Receivers {
		assert.Contains(t, otel.Receivers, name)
	}
	for _, name := range otel.Service.Pipelines["metrics"].Exporters {
		assert.Contains(t, otel.Exporters, name)
	}
}

// TestCollectorOfVictoriaMetrics: vmagent scrapes a run to its end, and Prometheus gets k6's own numbers from it.
func TestCollectorOfVictoriaMetrics(t *testing.T) {
	p := startPrometheus(t, func(int) string { return "" })
	addr, admin := k6test.FreeAddress(t), k6test.FreeAddress(t)
	config := strings.NewReplacer(exampleTarget, addr, exampleInterval, "1s").Replace(collectorConfigs(t)["vmagent"])
	file := filepath.Join(t.TempDir(), "vmagent.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	log := new(k6test.Output)
	cmd := exec.CommandContext(t.Context(), k6test.Program(t, "VMAGENT_BIN"), // #nosec G204 -- as above
		"-promscrape.config="+file, "-remoteWrite.url="+p.url+"/api/v1/write", "-remoteWrite.forcePromProto",
		"-remoteWrite.tmpDataPath="+t.TempDir(), "-remoteWrite.flushInterval=100ms", "-httpListenAddr="+admin)
	cmd.Stdout, cmd.Stderr = log, log
	k6test.StartProcess(t, cmd)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log)
		}
	})
	k6test.Eventually(t, func() bool {
		resp, err := http.Get("http://" + admin + "/health") // #nosec G107 -- of this test
		return err == nil && resp.Body.Close() == nil
	}, "vmagent runs")

	run := k6test.Run{
		Script: "examples/quickstart.js",
		Env:    servers.StartLocal(t, nil).Env(),
		Args:   []string{"-o", "prometheus=histograms=classic,linger=3s,addr=" + addr},
	}.Do(t).Passes(t)
	for expr, want := range map[string]float64{
		`sum(last_over_time(k6_http_reqs_total{job="k6"}[10m]))`:                                 run.Summary.Value("http_reqs", "count"),
		`sum(last_over_time(k6_clientcreds_requests_total{job="k6"}[10m]))`:                      run.Summary.Value("clientcreds_requests", "count"),
		`sum(last_over_time(k6_http_req_duration_seconds_bucket{le=~"\\+?Inf"}[10m]))`:           run.Summary.Value("http_reqs", "count"),
		`sum(last_over_time(k6_test_exit_code{job="k6"}[10m]))`:                                  0,
		`sum(last_over_time(k6_clientcreds_verdict{job="k6",verdict="PASS"}[10m]))`:              1,
		`count(last_over_time(k6_test_end_time_seconds{job="k6",instance="` + addr + `"}[10m]))`: 1,
	} {
		k6test.Eventually(t, func() bool {
			result := p.query(t, expr, time.Now())
			return len(result) == 1 && result[0].Value != nil && result[0].Value.v == want
		}, expr)
	}
	k6test.Eventually(t, func() bool { return len(p.query(t, `k6_http_reqs_total`, time.Now())) == 0 },
		"the series are stale when k6 has ended")
}
