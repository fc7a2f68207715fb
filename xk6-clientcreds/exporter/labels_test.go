package exporter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.k6.io/k6/v2/metrics"
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
	body := r.scrape(acceptText)
	for _, want := range []string{
		"k6_xx_total 1", "k6_xx_total_2 2", "k6_yy_count 3", "k6_yy_2_sum 4", "k6_zz_samples_total 1",
		"k6_zz_samples_2 6", "k6_test_running 1", "k6_test_running_2 7", "k6_yy_2_2_sum 8",
	} {
		assert.Contains(t, body, "\n"+want+"\n")
	}
	assert.Len(t, r.warnings(), 5)
	assert.Contains(t, strings.Join(r.warnings(), "\n"),
		`metric "xx_total" would collide with "xx" and is served as "k6_xx_total_2"`)
	assert.Contains(t, strings.Join(r.warnings(), "\n"),
		`metric "test_running" would collide with one of the exporter's own and is served as "k6_test_running_2"`)
}
