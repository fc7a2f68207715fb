package exporter

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
)

// openMetricsLine is a line of OpenMetrics by the ABNF of its specification, with names that every
// Prometheus takes.
var openMetricsLine = regexp.MustCompile(`^(?:` +
	`# (?:TYPE|HELP) [a-zA-Z_][a-zA-Z0-9_]* .+` + `|` +
	`[a-zA-Z_][a-zA-Z0-9_]*(?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[n"\\])*",?)*\})? ` +
	`(?:[-+0-9.e]+|[+-]Inf)(?: # \{trace_id="[0-9a-fA-F]+"\} [-+0-9.e]+ [0-9.e+]+)?` + `|# EOF)$`)

// FuzzTagsAndNames: whatever names and values a script uses, every format stays valid and no sample
// is lost.
func FuzzTagsAndNames(f *testing.F) {
	f.Add("http_reqs", "name", "/orders", "status", "200", "testid")
	f.Add("x", "le", "\"", "__name__", "\n\\", "")
	f.Add("z", "Ä", "a", "Ö", "b", "_")
	f.Add("ü", "a.b", "\xff\xfe", "a-b", "{}", "9")
	f.Add("", "", "v", "quantile", "", "metric")
	f.Add("test_running", "Ä", "\u2028", "Ö", "\x00", "threshold")
	f.Add("a:b", "\xff", "x", "\xfe", "y", "\u00a0")
	f.Fuzz(func(t *testing.T, name, tag1, value1, tag2, value2, tag3 string) {
		for _, tag := range []*string{&tag1, &tag2, &tag3} {
			if *tag == "" {
				*tag = "-" // k6's tag sets have no empty names: With would not end
			}
		}
		r := newRig(t, "runtimeMetrics=false")
		r.own.runTags = r.store.labels.labelsOfMap(map[string]string{tag1: value1, tag3: value2})
		r.SetThresholds(map[string]metrics.Thresholds{name +
			"_trend": metrics.NewThresholds([]string{value1 + "<1", "avg<1"})})
		for _, typ := range []metrics.MetricType{metrics.Counter, metrics.Gauge, metrics.Rate, metrics.Trend} {
			m := &metrics.Metric{Name: name + "_" + typ.String(), Type: typ, Contains: metrics.Time}
			s := r.sample(m, 1, tag1, value1, tag2, value2, tag3, "x")
			s.Metadata = map[string]string{"trace_id": value1}
			r.AddMetricSamples([]metrics.SampleContainer{s, r.sample(m, 1, tag2, value1)})
		}
		r.store.finish(nil)

		body := r.scrape(acceptText)
		families := parseText(t, body)
		var samples float64
		for _, f := range r.store.families {
			if f.metric.Type == metrics.Trend {
				for _, m := range families[f.names[0]].GetMetric() {
					samples += float64(m.GetHistogram().GetSampleCount())
				}
			}
		}
		assert.Equal(t, 2.0, samples)
		assert.True(t, utf8.ValidString(body))

		open := r.scrape(acceptOpenMetrics)
		for line := range strings.Lines(open) {
			require.Regexp(t, openMetricsLine, strings.TrimSuffix(line, "\n"))
		}
		assert.True(t, strings.HasSuffix(open, "\n# EOF\n"))

		assert.Len(t, parseProtobuf(t, r.scrape(acceptProtobuf)), len(families))
	})
}
