package prometheus

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// officialDashboards is the module that has Grafana's dashboards for k6's remote-write output. They
// are read from there, not copied: their license is another one.
const officialDashboards = "github.com/grafana/xk6-output-prometheus-remote@v0.5.1"

// ofTrendStatistics finds the queries that the exporter cannot answer, as docs/guides/dashboards.md says:
// remote write can send chosen statistics of each trend as gauges, where the exporter has
// histograms. A percentile of one process cannot be added up, so there are none here.
var ofTrendStatistics = regexp.MustCompile(`k6_[a-z_]+_(\$quantile_stat|min|max|p95|p99)\b`)

// testOfficialDashboards: the queries of Grafana's own dashboards get the same from the exporter as
// from k6's remote write, both fed by the same run.
func (o *observed) testOfficialDashboards(t *testing.T) {
	if o.major < 3 {
		t.Log("Prometheus 2 does not take native histograms by remote write; nothing to compare")
		return
	}
	compared, excepted := 0, make(map[string]bool)
	for _, name := range []string{"k6-prometheus.json", "k6-prometheus-native-histogram.json"} {
		for _, q := range dashboardQueries(t, filepath.Join(officialDirectory(t), name)) {
			if statistic := ofTrendStatistics.FindString(q.expr); statistic != "" {
				excepted["| "+q.panel+" | `"+statistic+"` |"] = true
				assert.NotContains(t, name, "native", "the dashboard for native histograms works without exception")
				continue
			}
			compared++
			o.compareOutputs(t, q)
		}
	}
	assert.Equal(t, 47, compared, "queries compared")
	text, err := os.ReadFile(filepath.Join(k6test.Root, "docs/guides/dashboards.md"))
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "## Grafana's own k6 dashboards")
	section, _, _ = strings.Cut(section, "\n## ")
	documented := regexp.MustCompile("(?m)^\\| .* \\| `.*` \\|$").FindAllString(section, -1)
	assert.ElementsMatch(t, slices.Collect(maps.Keys(excepted)), documented, "exceptions in docs/guides/dashboards.md")
}

func officialDirectory(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", officialDashboards)
	cmd.Dir = t.TempDir() // not this module: it does not depend on it
	out, err := cmd.Output()
	var module struct{ Dir, Error string }
	require.NoError(t, json.Unmarshal(out, &module), "go mod download: %v", err)
	require.NoError(t, err, "Grafana's dashboards are compared with the exporter and come from the Go module proxy, "+
		"unless the module cache has them: %s", module.Error)
	return filepath.Join(module.Dir, "grafana", "dashboards")
}

// inWindow finds what a query looks at in a window.
var inWindow = regexp.MustCompile(`i?rate\((k6_[^[]*)\[\$__rate_interval\]\)`)

// compareOutputs compares the results of a query. As it is, it gets the same series, of about the same
// size: the two outputs do not look at the same moments. Without its window, over the whole run, it
// gets the same numbers.
func (o *observed) compareOutputs(t *testing.T, q dashboardQuery) {
	t.Helper()
	fill := func(expr, testid string) string {
		return strings.NewReplacer("$testid", testid, "$quantile", "0.95", "$__rate_interval", "5s").Replace(expr)
	}
	from, to := o.from.Add(8*time.Second), o.faultyLast.Add(-2*time.Second)
	remote := means(o.queryRange(t, fill(q.expr, testidRemote), from, to))
	scraped := means(o.queryRange(t, fill(q.expr, jobFaulty), from, to))
	assert.NotEmpty(t, remote, "%s: %s", q.panel, q.expr)
	assert.Equal(t, slices.Sorted(maps.Keys(remote)), slices.Sorted(maps.Keys(scraped)), "%s: %s", q.panel, q.expr)
	for labels, want := range remote {
		if !strings.Contains(q.expr, "histogram_quantile") { // which leaps where fast and slow requests mix
			assert.InDelta(t, want, scraped[labels], 0.5*max(want, scraped[labels]), "%s: %s %s", q.panel, q.expr, labels)
		}
	}

	whole := inWindow.ReplaceAllString(q.expr, "$1")
	require.NotContains(t, whole, "$__rate_interval")
	remote = atEnd(o.query(t, fill(whole, testidRemote), o.faultyLast))
	scraped = atEnd(o.query(t, fill(whole, jobFaulty), o.faultyLast))
	assert.NotEmpty(t, remote, "%s: %s", q.panel, whole)
	assert.InDeltaMapValues(t, remote, scraped, 1e-9, "%s: %s", q.panel, whole)
}

// atEnd are the values of an instant query by the labels that both outputs have.
func atEnd(result []series) map[string]float64 {
	values := make(map[string]float64)
	for _, s := range result {
		values[labelsOf(s)] = s.Value.v
	}
	return values
}

// means are the averages of a range query's series.
func means(result []series) map[string]float64 {
	values := make(map[string]float64)
	for _, s := range result {
		sum, n := 0.0, 0.0
		for _, p := range s.Values {
			if !isNaN(p.v) {
				sum += p.v
				n++
			}
		}
		if n > 0 {
			values[labelsOf(s)] = sum / n
		}
	}
	return values
}

func labelsOf(s series) string {
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(s.Metric)) {
		if !slices.Contains([]string{"job", "instance", "testid"}, name) {
			labels = append(labels, name+"="+s.Metric[name])
		}
	}
	return strings.Join(labels, ",")
}
