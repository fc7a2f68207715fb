package command

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsmodule"
)

// Rules may be about every metric of k6 and of this extension, be there samples of it or not. A metric that fails here
// is missing in runrecord/compare/known.go.
func TestRulesKnowEveryMetric(t *testing.T) {
	base, head := folder(t, 20, 20, 20, 20), folder(t, 20, 20, 20, 20)
	all := make(map[string]metrics.MetricType)
	registry := metrics.NewRegistry()
	metrics.RegisterBuiltinMetrics(registry)
	for _, m := range registry.All() {
		all[m.Name] = m.Type
	}
	require.NotEmpty(t, all)
	for _, m := range jsmodule.Metrics() {
		all[m.Name] = m.Type
	}
	contains := map[string]string{}
	for _, m := range registry.All() {
		contains[m.Name] = m.Contains.String()
	}
	for _, m := range jsmodule.Metrics() {
		if m.Time {
			contains[m.Name] = "time"
		}
	}
	stat := map[metrics.MetricType]string{
		metrics.Counter: "rate", metrics.Rate: "rate", metrics.Gauge: "value",
		metrics.Trend: "p95",
	}
	limits := map[string]string{"time": "+5ms", "data": "+5B"}
	file := filepath.Join(t.TempDir(), "rules.yml")
	for name, kind := range all {
		limit := "+10"
		switch kind {
		case metrics.Counter:
			limit = "+5/s"
		case metrics.Rate:
			limit = "+5pp"
		default:
			if fits, ok := limits[contains[name]]; ok {
				limit = fits
			}
		}
		require.NoError(t, os.WriteFile(file, []byte("rules:\n  "+stat[kind]+" of "+name+": "+limit+"\n"), 0o600))
		_, err := compareThem(t, "--rules", file, base, head)
		if err != nil { // without samples there is nothing to judge, which is another error
			assert.ErrorContains(t, err, "verdict INVALID: ", name)
		}
	}
}
