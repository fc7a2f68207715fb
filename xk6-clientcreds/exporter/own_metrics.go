package exporter

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

// The metrics about the test and the exporter itself. They carry the tags of the test run as labels,
// so that one test can be told from another in these too.
const (
	infoName             = prefix + "info"
	runningName          = prefix + "test_running"
	startTimeName        = prefix + "test_start_time_seconds"
	endTimeName          = prefix + "test_end_time_seconds"
	progressName         = prefix + "test_progress_ratio"
	exitCodeName         = prefix + "test_exit_code"
	scenarioInfoName     = prefix + "scenario_info"
	scenarioProgressName = prefix + "scenario_progress_ratio"
	thresholdName        = prefix + "threshold_crossed"
	thresholdLimitName   = prefix + "threshold_limit"
	thresholdValueName   = prefix + "threshold_value"
	verdictName          = prefix + "clientcreds_verdict"
	verdictReasonName    = prefix + "clientcreds_verdict_reason"
	seriesName           = prefix + "prometheus_series"
	droppedName          = prefix + "prometheus_dropped_samples_total"
)

// thresholdLabels are the labels of the metrics about a threshold.
var thresholdLabels = []string{"abort_on_fail", "metric", "threshold"}

// MetricInfo describes a metric about the test or the exporter.
type MetricInfo struct {
	Name, Help string
	Labels     []string
}

// OwnMetrics lists the metrics about the test and the exporter, as they are served.
func OwnMetrics() []MetricInfo {
	var infos []MetricInfo
	for _, row := range ownMetrics() {
		infos = append(infos, MetricInfo{row.name, row.help, row.labels})
	}
	return infos
}

// ownMetric is one row of the table of these metrics.
type ownMetric struct {
	name   string
	help   string
	labels []string
}

func ownMetrics() []ownMetric {
	return []ownMetric{
		{infoName, "The k6 binary, always 1.", []string{"version", "extension_version"}},
		{runningName, "Whether the test is running: 0 before it starts and after it has ended.", nil},
		{startTimeName, "When the test started.", nil},
		{endTimeName, "When the test ended. Absent until then.", nil},
		{progressName, "Part of the test that is done, 0 to 1.", nil},
		{exitCodeName, "What k6 exits with: 0 passed, 99 thresholds failed, 90 the run is invalid. Absent until the test " +
			"has ended.", nil},
		{scenarioInfoName, "A scenario of the test, always 1.", []string{"scenario", "executor", "exec"}},
		{scenarioProgressName, "Part of the scenario that is done, 0 to 1.", []string{"scenario"}},
		{thresholdName, "Whether a threshold fails now, by k6's rules.", thresholdLabels},
		{
			thresholdLimitName, "Limit of a threshold: in seconds if the metric is a Trend of times, else as in the script.",
			thresholdLabels,
		},
		{
			thresholdValueName, "Value that the threshold compares with its limit now, in the unit of the limit. " +
				"Absent without samples.",
			thresholdLabels,
		},
		{verdictName, "Whether this is the verdict on the run. Absent until the test has ended, and where the script does " +
			"not import the module.", []string{"verdict"}},
		{verdictReasonName, "A reason of the verdict, always 1. Absent until the test has ended.", []string{"rule", "text"}},
		{seriesName, "Label sets that are served, of all k6 metrics. The landing page lists them by metric.", nil},
		{droppedName, "Samples that are not served, by k6 metric and reason.", []string{"metric", "reason"}},
	}
}

// ownCollector makes the metrics of the table.
type ownCollector struct {
	store   *store
	runTags []*dto.LabelPair
	rows    map[string]ownMetric
	descs   map[string]*prometheus.Desc
}

func newOwnCollector(st *store, runTags map[string]string) *ownCollector {
	c := &ownCollector{
		store:   st,
		runTags: st.labels.labelsOfMap(runTags),
		rows:    make(map[string]ownMetric),
		descs:   make(map[string]*prometheus.Desc),
	}
	for _, row := range ownMetrics() {
		c.rows[row.name] = row
		c.descs[row.name] = prometheus.NewDesc(row.name, row.help, nil, nil)
	}
	return c
}

// labelNames are all that the metrics of the table have.
func (c *ownCollector) labelNames() []string {
	var names []string
	for _, row := range c.rows {
		names = append(names, row.labels...)
	}
	for _, pair := range c.runTags {
		names = append(names, pair.GetName())
	}
	return names
}

// runtimeLabels are the run's tags, for the metrics of Go and of the process: all but the labels that these have.
func (c *ownCollector) runtimeLabels() prometheus.Labels {
	labels := make(prometheus.Labels)
	for _, pair := range c.runTags {
		if pair.GetName() != "version" && pair.GetName() != "quantile" {
			labels[pair.GetName()] = pair.GetValue()
		}
	}
	return labels
}

// Describe implements prometheus.Collector. It says nothing: which metrics there are depends on the run.
func (c *ownCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector: it sends the metrics as they are now.
func (c *ownCollector) Collect(out chan<- prometheus.Metric) {
	for _, p := range c.points() {
		out <- p
	}
}

func (c *ownCollector) points() []point {
	st := c.store
	st.mu.Lock()
	defer st.mu.Unlock()
	points := c.runPoints(st.run)
	points = append(points, c.gauge(infoName, 1, procinfo.VersionOf(procinfo.K6Module),
		procinfo.VersionOf(procinfo.ExtensionModule)))
	series := 0
	for _, f := range st.families {
		series += len(f.series)
	}
	points = append(points, c.gauge(seriesName, float64(series)))
	for why, samples := range st.dropped {
		points = append(points, c.counter(droppedName, float64(samples), why.metric, why.reason))
	}
	return points
}

func (c *ownCollector) runPoints(r *runState) []point {
	elapsed, over := r.elapsed(), !r.end.IsZero()
	points := []point{c.gauge(runningName, number(!r.start.IsZero() && !over))}
	if !r.start.IsZero() {
		points = append(points, c.gauge(startTimeName, unixSeconds(r.start)))
	}
	if over {
		points = append(points,
			c.gauge(endTimeName, unixSeconds(r.end)),
			c.gauge(exitCodeName, float64(r.exitCode)))
		points = append(points, c.verdictPoints(r.outcome)...)
	}
	if part, known := r.progress(); known {
		points = append(points, c.gauge(progressName, part))
	}
	for _, s := range r.scenarios {
		points = append(points, c.gauge(scenarioInfoName, 1, s.name, s.executor, s.function))
		if s.length > 0 {
			points = append(points, c.gauge(scenarioProgressName, s.progress(elapsed), s.name))
		}
	}
	for _, t := range r.thresholds {
		crossed := t.crossed(elapsed, over)
		if t.expr.Void() && !crossed {
			continue
		}
		points = append(points, c.gauge(thresholdName, number(crossed), t.labels()...))
		if limit, known := t.servedLimit(); known {
			points = append(points, c.gauge(thresholdLimitName, limit, t.labels()...))
		}
		if value, known := t.servedValue(elapsed); known {
			points = append(points, c.gauge(thresholdValueName, value, t.labels()...))
		}
	}
	return points
}

// verdictPoints are the verdict as Prometheus writes states: a series for each, of which one is 1.
func (c *ownCollector) verdictPoints(o *Outcome) []point {
	if o == nil {
		return nil
	}
	var points []point
	for _, verdict := range []string{"PASS", "FAIL", "INVALID"} {
		points = append(points, c.gauge(verdictName, number(o.Verdict == verdict), verdict))
	}
	for _, reason := range o.Reasons {
		points = append(points, c.gauge(verdictReasonName, 1, reason.Rule, reason.Text))
	}
	return points
}

func (c *ownCollector) gauge(name string, v float64, values ...string) point {
	return point{c.descs[name], &dto.Metric{Label: c.labels(name, values), Gauge: &dto.Gauge{Value: proto.Float64(v)}}}
}

func (c *ownCollector) counter(name string, v float64, values ...string) point {
	return point{
		c.descs[name], &dto.Metric{Label: c.labels(name, values), Counter: &dto.Counter{Value: proto.Float64(v)}},
	}
}

// labels returns the labels in the table, with values in its order, and the run's tags where they leave room.
func (c *ownCollector) labels(name string, values []string) []*dto.LabelPair {
	own := c.rows[name].labels
	var pairs []*dto.LabelPair
	for i, label := range own {
		value := strings.ToValidUTF8(values[i], "\uFFFD")
		pairs = append(pairs, &dto.LabelPair{Name: proto.String(label), Value: proto.String(value)})
	}
	for _, pair := range c.runTags {
		if !slices.Contains(own, pair.GetName()) {
			pairs = append(pairs, pair)
		}
	}
	return pairs // the registry sorts them
}

// point is a prometheus.Metric that has its value.
type point struct {
	desc   *prometheus.Desc
	metric *dto.Metric
}

// Desc implements prometheus.Metric.
func (p point) Desc() *prometheus.Desc { return p.desc }

// Write implements prometheus.Metric.
func (p point) Write(to *dto.Metric) error {
	to.Label, to.Counter, to.Gauge, to.Histogram = p.metric.Label, p.metric.Counter, p.metric.Gauge, p.metric.Histogram
	return nil
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
