package prometheus

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// prometheusRules are the names of the project's rules.
func prometheusRules(t *testing.T) (records, alerts []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k6test.Root, "dashboards/prometheus/rules.yml"))
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct{ Record, Alert string }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Record != "" {
				records = append(records, rule.Record)
			} else {
				alerts = append(alerts, rule.Alert)
			}
		}
	}
	return records, alerts
}

// The guide names every rule and every alert.
func TestPrometheusRulesAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(k6test.Root, "docs/guides/dashboards.md"))
	require.NoError(t, err)
	records, alerts := prometheusRules(t)
	for _, record := range records {
		base, percentile := strings.CutSuffix(record, "95_rate1m")
		if !percentile {
			base, percentile = strings.CutSuffix(record, "99_rate1m")
		}
		if percentile { // in the row of the median
			record = base + "50_rate1m"
		}
		assert.Contains(t, string(text), "| `"+record+"` |")
	}
	for _, alert := range alerts {
		assert.Contains(t, string(text), "| `"+alert+"` |")
	}
}

// testRules: every recording rule records, for native and for classic histograms.
func (o *observed) testRules(t *testing.T) {
	records, _ := prometheusRules(t)
	require.NotEmpty(t, records)
	for _, record := range records {
		for _, job := range o.steadyJobs() {
			result := o.query(t, fmt.Sprintf("avg_over_time({__name__=%q, job=%q}[10m])", record, job), o.to)
			if assert.NotEmpty(t, result, "%s for %s", record, job) {
				assert.False(t, isNaN(result[0].Value.v), "%s for %s", record, job)
			}
		}
	}
}

// testAlerts: every alert fires for the faulty run, and none for the one that goes well.
func (o *observed) testAlerts(t *testing.T) {
	_, alerts := prometheusRules(t)
	require.NotEmpty(t, alerts)
	firing := func(alert, job string) bool {
		expr := fmt.Sprintf(`count_over_time(ALERTS{alertname=%q, alertstate="firing", job=%q}[10m])`, alert, job)
		return len(o.query(t, expr, o.to)) > 0
	}
	for _, alert := range alerts {
		assert.True(t, firing(alert, jobFaultyClassic), "%s does not fire", alert)
		assert.False(t, firing(alert, jobSteadyClassic), "%s fires for a run that goes well", alert)
	}
}

// testExposition: promtool finds nothing to say about what the exporter serves.
func (o *observed) testExposition(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), k6test.Program(t, "PROMTOOL_BIN"), "check", "metrics") // #nosec G204 -- as above
	cmd.Stdin = strings.NewReader(o.exposition)
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
	assert.Empty(t, string(out))
}

// promtool accepts the rules and the configuration, and the rules' own tests pass.
func TestPrometheusConfiguration(t *testing.T) {
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"},
		{"check", "rules", "--lint=all", "--lint-fatal", "rules.yml"},
		{"test", "rules", "rules_test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), k6test.Program(t, "PROMTOOL_BIN"), args...) // #nosec G204 -- as above
		cmd.Dir = filepath.Join(k6test.Root, "dashboards/prometheus")
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, "promtool %s\n%s", strings.Join(args, " "), out)
	}
}
