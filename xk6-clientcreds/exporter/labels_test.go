package exporter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// labelsOf returns name=value of the labels of the only series of a metric.
func (r *rig) labelsOf(name string) map[string]string {
	r.t.Helper()
	families := parseText(r.t, r.scrape(acceptText))
	if !assert.Contains(r.t, families, name) || !assert.Len(r.t, families[name].GetMetric(), 1, name) {
		return nil
	}
	labels := make(map[string]string)
	for _, pair := range families[name].GetMetric()[0].GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	return labels
}

func TestTagNamesBecomeLabelNames(t *testing.T) {
	for tag, want := range map[string]string{
		"status":      "status",
		"_private":    "_private",
		"a.b-c d":     "a_b_c_d",
		"größe":       "gr__e",
		"9lives":      "tag_9lives",
		"0lives":      "tag_0lives",
		"aZ09zA":      "aZ09zA",
		"a/:@[`{b":    "a______b",
		"__name__":    "tag___name__",
		"..":          "tag___",
		".":           "tag__",
		"le":          "tag_le",
		"quantile":    "tag_quantile",
		"bad\xffutf8": "bad_utf8",
	} {
		r := newRig(t, "")
		r.add(r.builtin.HTTPReqs, 1, tag, "x")
		assert.Equal(t, map[string]string{want: "x"}, r.labelsOf("k6_http_reqs_total"), tag)
	}
}

func TestTagsThatMakeOneLabelGetTwo(t *testing.T) {
	r := newRig(t, "")
	r.add(r.builtin.HTTPReqs, 1, "a.b", "dot", "a-b", "dash", "a_b", "own")
	assert.Equal(t, map[string]string{"a_b": "dash", "a_b_2": "dot", "a_b_3": "own"}, r.labelsOf("k6_http_reqs_total"))
	r.add(r.builtin.Iterations, 1, "a.b", "dot")
	assert.Equal(t, map[string]string{"a_b_2": "dot"}, r.labelsOf("k6_iterations_total"), "the same in every metric")
	assert.Equal(t, []string{
		`tags "a-b" and "a.b" both make the label "a_b"; the second is served as "a_b_2"`,
		`tags "a-b" and "a_b" both make the label "a_b"; the second is served as "a_b_3"`,
	}, r.warnings(), "one warning for each")
}

func TestURLIsLeftOutWhereThereIsAName(t *testing.T) {
	r := newRig(t, "")
	r.add(r.builtin.HTTPReqs, 1, "name", "/orders", "url", "/orders?page=1")
	r.add(r.builtin.HTTPReqs, 1, "name", "/orders", "url", "/orders?page=2")
	assert.Equal(t, map[string]string{"name": "/orders"}, r.labelsOf("k6_http_reqs_total"))
	r.add(r.builtin.WSSessions, 1, "url", "ws://host")
	assert.Equal(t, map[string]string{"url": "ws://host"}, r.labelsOf("k6_ws_sessions_total"), "there is no name")

	r = newRig(t, "urlLabel=true")
	r.add(r.builtin.HTTPReqs, 1, "name", "/orders", "url", "/orders?page=1")
	assert.Equal(t, map[string]string{"name": "/orders", "url": "/orders?page=1"}, r.labelsOf("k6_http_reqs_total"))
}

func TestLabelsAreChosen(t *testing.T) {
	for argument, want := range map[string]map[string]string{
		"":                               {"status": "200", "scenario": "a", "proto": "h2"},
		"labels=s*":                      {"status": "200", "scenario": "a"},
		"dropLabels=s*":                  {"proto": "h2"},
		"labels=s* proto,dropLabels=st*": {"scenario": "a", "proto": "h2"},
		"labels=":                        {},
	} {
		r := newRig(t, argument)
		r.add(r.builtin.HTTPReqs, 1, "status", "200", "scenario", "a", "proto", "h2")
		assert.Equal(t, want, r.labelsOf("k6_http_reqs_total"), argument)
	}
}

func TestSeriesThatDifferInDroppedLabelsAddUp(t *testing.T) {
	r := newRig(t, "dropLabels=status")
	r.add(r.builtin.HTTPReqs, 1, "status", "200")
	r.add(r.builtin.HTTPReqs, 2, "status", "500")
	r.add(r.builtin.HTTPReqs, 4)
	assert.Contains(t, r.scrape(acceptText), "\nk6_http_reqs_total 7\n")
}

// TestLabelsDoNotRunIntoEachOther: the end of one value is not the begin of the next label.
func TestLabelsDoNotRunIntoEachOther(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	r.add(r.builtin.HTTPReqs, 1, "a", "1b", "c", "2")
	r.add(r.builtin.HTTPReqs, 2, "a", "1", "bc", "2")
	r.add(r.builtin.HTTPReqs, 4, "a", "1", "b", "c2")
	r.add(r.builtin.HTTPReqs, 8, "ab", "c", "c", "2")
	body := r.scrape(acceptText)
	for _, want := range []string{`{a="1b",c="2"} 1`, `{a="1",bc="2"} 2`, `{a="1",b="c2"} 4`, `{ab="c",c="2"} 8`} {
		assert.Contains(t, body, "\nk6_http_reqs_total"+want+"\n")
	}
}

// TestRunTagsThatMakeOneLabel: which of them gets it is the same in each run.
func TestRunTagsThatMakeOneLabel(t *testing.T) {
	for range 20 {
		r := newRig(t, "runtimeMetrics=false", func(p *output.Params) {
			p.ScriptOptions.RunTags = map[string]string{"a.b": "dot", "a-b": "dash", "a_b": "own"}
		})
		require.Contains(t, r.scrape(acceptText), `k6_test_running{a_b="dash",a_b_2="dot",a_b_3="own"} 0`)
	}
}

func TestMetadataIsNoLabel(t *testing.T) {
	r := newRig(t, "")
	s := r.sample(r.builtin.HTTPReqs, 1)
	s.Metadata = map[string]string{"vu": "1", "iter": "2"}
	r.AddMetricSamples([]metrics.SampleContainer{s})
	assert.Empty(t, r.labelsOf("k6_http_reqs_total"))
}

func TestMetricsWithOneNameGetTwo(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	r.add(r.metric("xx", metrics.Counter), 1)
	r.add(r.metric("xx_total", metrics.Gauge), 2)
	r.add(r.metric("yy_count", metrics.Gauge), 3) // as the series of a histogram yy
	r.add(r.metric("yy", metrics.Trend), 4)
	r.add(r.metric("zz", metrics.Rate), 1)
	r.add(r.metric("zz_samples", metrics.Gauge), 6) // as OpenMetrics calls k6_zz_samples_total
	r.add(r.metric("test_running", metrics.Gauge), 7)
	r.add(r.metric("yy_2", metrics.Trend), 8)
	r.add(r.metric("cc_created", metrics.Gauge), 9) // as OpenMetrics calls when a series of cc began
	r.add(r.metric("cc", metrics.Counter), 10)
	r.add(r.metric("dd", metrics.Trend), 11)
	r.add(r.metric("dd_created", metrics.Gauge), 12)
	r.add(r.metric("ee_total_2", metrics.Gauge), 13)
	r.add(r.metric("ee", metrics.Counter), 14)
	r.add(r.metric("ee_total", metrics.Gauge), 15)
	body := r.scrape(acceptText)
	for _, want := range []string{
		"k6_xx_total 1", "k6_xx_total_2 2", "k6_yy_count 3", "k6_yy_2_sum 4", "k6_zz_samples_total 1",
		"k6_zz_samples_2 6", "k6_test_running 1", "k6_test_running_2 7", "k6_yy_2_2_sum 8",
		"k6_cc_created 9", "k6_cc_2_total 10", "k6_dd_sum 11", "k6_dd_created_2 12",
		"k6_ee_total_2 13", "k6_ee_total 14", "k6_ee_total_3 15",
	} {
		assert.Contains(t, body, "\n"+want+"\n")
	}
	assert.Len(t, r.warnings(), 8)
	assert.Contains(t, strings.Join(r.warnings(), "\n"),
		`metric "xx_total" would collide with "xx" and is served as "k6_xx_total_2"`)
	assert.Contains(t, strings.Join(r.warnings(), "\n"),
		`metric "test_running" would collide with one of the exporter's own and is served as "k6_test_running_2"`)
}
