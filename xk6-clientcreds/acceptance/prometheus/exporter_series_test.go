package prometheus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// A small test has few series in the format that has most of them: docs/guides/exporter.md says about 250.
func TestExporterSeriesOfASmallRun(t *testing.T) {
	t.Parallel()
	const atMost = 292
	all := seriesOfQuickstart(t, "")
	assert.LessOrEqual(t, len(all), atMost, "%s", strings.Join(all, "\n"))
	assert.Greater(t, len(all), 200, "the run is the one that is meant")

	// The example of the guide leaves out what it names, and nothing else.
	_, example, found := strings.Cut(k6test.ReadFile(t, filepath.Join(k6test.Root, "docs/guides/exporter.md")), "-o 'prometheus=dropMetrics=")
	require.True(t, found)
	dropped, _, _ := strings.Cut(example, "'")
	left := seriesOfQuickstart(t, "dropMetrics="+dropped)
	assert.LessOrEqual(t, len(left), len(all)-40)
	for _, series := range left {
		for _, name := range strings.Fields(dropped) {
			assert.False(t, strings.HasPrefix(series, "k6_"+name), series)
		}
	}
	for _, name := range []string{"k6_http_req_duration_seconds_bucket", "k6_clientcreds_request_duration_seconds_bucket"} {
		assert.Contains(t, strings.Join(left, "\n"), "\n"+name)
	}
}

// seriesOfQuickstart runs the example and returns the lines with values.
func seriesOfQuickstart(t *testing.T, option string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "k6.prom")
	k6test.Run{
		Script: "examples/quickstart.js",
		Env:    servers.StartLocal(t, nil).Env(),
		Args:   []string{"-o", "prometheus=" + strings.TrimPrefix(option+",", ",") + "addr=127.0.0.1:0,textfile=" + file},
	}.Do(t).Passes(t)
	text, err := os.ReadFile(file) // #nosec G304 -- of this test
	require.NoError(t, err)
	var series []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			series = append(series, strings.TrimSpace(line))
		}
	}
	return series
}

// The list of options ends k6 without a test, and not as if one had passed.
func TestExporterHelp(t *testing.T) {
	t.Parallel()
	help := k6test.Run{
		Script: "examples/quickstart.js",
		Env:    servers.StartLocal(t, nil).Env(),
		Args:   []string{"-o", "prometheus=help"},
	}.Do(t)
	assert.Equal(t, k6test.ExitUnusable, help.ExitCode, help.Output)
	assert.Contains(t, help.Output, "dropMetrics, K6_PROMETHEUS_DROP_METRICS")
	assert.Contains(t, help.Output, "the options are listed above, and no test has run")
	assert.NotContains(t, help.Output, "iterations")
}
