package dashboards

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/exporter"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsmodule"
)

// served are the metrics that the exporter serves for a run in which everything happens once.
func served(t *testing.T) map[string]bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "metrics.prom")
	log := logrus.New()
	log.SetOutput(t.Output())
	out, err := exporter.New(output.Params{Logger: log, ConfigArgument: "addr=127.0.0.1:0,linger=0s,textfile=" + file})
	require.NoError(t, err)
	withThresholds, ok := out.(output.WithThresholds)
	require.True(t, ok)
	withThresholds.SetThresholds(map[string]metrics.Thresholds{"checks": metrics.NewThresholds([]string{"rate==1"})})
	require.NoError(t, out.Start())
	registry := metrics.NewRegistry()
	metrics.RegisterBuiltinMetrics(registry)
	for _, m := range jsmodule.Metrics() {
		contains := metrics.Default
		if m.Time {
			contains = metrics.Time
		}
		registry.MustNewMetric(m.Name, m.Type, contains)
	}
	var samples metrics.Samples
	tags := registry.RootTagSet()
	for _, m := range registry.All() {
		series := metrics.TimeSeries{Metric: m, Tags: tags}
		samples = append(samples, metrics.Sample{TimeSeries: series, Time: time.Now(), Value: 1})
		if m.Type == metrics.Gauge { // a sample that is dropped
			samples = append(samples, metrics.Sample{TimeSeries: series, Time: time.Now(), Value: math.NaN()})
		}
	}
	out.AddMetricSamples([]metrics.SampleContainer{samples})
	require.NoError(t, out.Stop())

	text, err := os.ReadFile(file) // #nosec G304 -- written above
	require.NoError(t, err)
	names := make(map[string]bool)
	for _, family := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		names[family[1]] = true
		if family[2] == "histogram" {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				names[family[1]+suffix] = true
			}
		}
	}
	return names
}

// The metrics that come neither from the exporter nor from the rules.
var ofPrometheus = []string{"scrape_duration_seconds"}

// The metrics that a run has once it has scenarios.
var ofScenarios = []string{"k6_scenario_info", "k6_scenario_progress_ratio", "k6_test_progress_ratio"}

func TestQueriesNameMetricsThatExist(t *testing.T) {
	known := served(t)
	require.Greater(t, len(known), 50)
	for _, name := range slices.Concat(ofPrometheus, ofScenarios) {
		known[name] = true
	}
	for _, group := range rules(t).Groups {
		for _, rule := range group.Rules {
			for _, name := range metricNames(rule.Expr) {
				assert.True(t, known[name], "rule %s%s: %s does not exist; there are %s",
					rule.Record, rule.Alert, name, strings.Join(slices.Sorted(maps.Keys(known)), " "))
			}
			if rule.Record != "" {
				known[rule.Record] = true
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(written, "grafana", "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		found := queries(t, file)
		require.NotEmpty(t, found, file)
		for _, query := range found {
			names := metricNames(query)
			assert.NotEmpty(t, names, "%s: %s", file, query)
			for _, name := range names {
				assert.True(t, known[name], "%s: %s does not exist, in %s", filepath.Base(file), name, query)
			}
		}
	}
}

// Every metric of the module is to be seen somewhere.
func TestDashboardsShowEveryMetricOfTheModule(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(written, "grafana", "*.json"))
	require.NoError(t, err)
	var all []string
	for _, file := range files {
		all = append(all, queries(t, file)...)
	}
	text := strings.Join(metricNames(all...), " ")
	for _, m := range jsmodule.Metrics() {
		assert.Contains(t, text, "k6_"+m.Name, "no panel shows %s", m.Name)
	}
}

// TestGuideDropsWhatNoPanelNeeds: the guide says so of the metrics in its example.
func TestGuideDropsWhatNoPanelNeeds(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guides/exporter.md")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(guide), "-o 'prometheus=dropMetrics=")
	require.True(t, found)
	dropped, _, _ := strings.Cut(example, "'")
	var needed []string
	for _, group := range rules(t).Groups {
		for _, rule := range group.Rules {
			needed = append(needed, metricNames(rule.Expr)...)
		}
	}
	files, err := filepath.Glob(filepath.Join(written, "grafana", "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		needed = append(needed, metricNames(queries(t, file)...)...)
	}
	require.Greater(t, len(needed), 50)
	for _, metric := range strings.Fields(dropped) {
		for _, name := range needed {
			assert.False(t, strings.HasPrefix(name, "k6_"+metric+"_"), "%s is needed", name)
		}
	}
}
