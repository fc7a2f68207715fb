package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// largest are the values of a tag, those with the most samples first.
func largest(m *runrecord.Metric, tag string) []string {
	if m == nil {
		return nil
	}
	parts := m.By[tag]
	return slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(cmp.Compare(parts[b].Samples, parts[a].Samples), strings.Compare(a, b))
	})
}

var latencyColumns = []string{"requests", "per second", "failed", "mean", "p50", "p95", "p99", "max"}

// splits are tables of latency by what explains it.
func splits(g *group) section {
	part := section{
		ID: "splits", Title: "By scenario, client and reason",
		Note: "Times are of the requests that were answered.",
	}
	for _, kind := range []struct{ title, requests, duration, failed string }{
		{"Token requests", metricname.Requests, metricname.RequestDuration, metricname.RequestFailed},
		{"API requests", metricname.HTTPReqs, metricname.HTTPReqDuration, metricname.HTTPReqFailed},
	} {
		requests, duration, failed := g.record.Metric(kind.requests), g.record.Metric(kind.duration), g.record.Metric(
			kind.failed)
		// Tags with one value are rows of one table.
		same := &table{Caption: kind.title + " by tags with one value", Columns: append([]string{"tag"}, latencyColumns...)}
		for _, tag := range []string{"scenario", "client", "pool", "reason", "status"} {
			values := largest(requests, tag)
			if len(values) == 1 {
				v := values[0]
				same.add(latencyRow(g, tag+": "+v, requests.Split(tag, v), duration.Split(tag, v), failed.Split(tag, v))...)
				continue
			}
			t := &table{Caption: kind.title + " by " + tag, Columns: append([]string{tag}, latencyColumns...)}
			for _, value := range values {
				t.add(latencyRow(g, value, requests.Split(tag, value), duration.Split(tag, value), failed.Split(tag, value))...)
			}
			part.table(t)
		}
		part.table(same)
	}
	return part
}

// latencyRow are the numbers of some requests: of all of them, and of how long the answered ones took.
func latencyRow(g *group, label string, requests, duration, failed *runrecord.Values) []string {
	cells := []string{
		label, digits(requests.Count()), perSecond.format(g.perSecond(requests.Count())), percent.format(failed.Rate() * 100),
		milliseconds.format(duration.Mean()),
	}
	for _, q := range []float64{0.5, 0.95, 0.99, 1} {
		cells = append(cells, milliseconds.format(duration.Quantile(q)))
	}
	return cells
}

// failures are tables of what went wrong, by its code.
func failures(g *group) section {
	part := section{ID: "errors", Title: "Errors"}
	rows := []struct {
		caption, metric, tag string
		count                func(*runrecord.Values) float64
	}{
		{"Failed token requests by error", metricname.RequestFailed, "error", nonzero},
		{"Failed token requests by status", metricname.RequestFailed, "status", nonzero},
		{"Failed API requests by status", metricname.HTTPReqFailed, "status", nonzero},
		{"Failed API requests by k6's error code", metricname.HTTPReqFailed, "error_code", nonzero},
		{"Tokens that the API answered with 401, by its error", metricname.Rejections, "error", (*runrecord.Values).Count},
		{"Failed checks", metricname.Checks, "check", func(v *runrecord.Values) float64 {
			return float64(v.Samples - v.Nonzero)
		}},
	}
	for _, r := range rows {
		m := g.record.Metric(r.metric)
		t := &table{Caption: r.caption, Columns: []string{r.tag, "number", "share of all"}}
		for _, value := range largest(m, r.tag) {
			if n := r.count(m.Split(r.tag, value)); n > 0 {
				t.add(value, digits(n), percent.format(n/float64(m.Samples())*100))
			}
		}
		part.table(t)
	}
	if len(part.Tables) == 0 {
		part.Nothing = "No request and no check failed."
	}
	return part
}

func nonzero(v *runrecord.Values) float64 { return float64(v.Nonzero) }

// The marks of a row.
const (
	good = "good"
	bad  = "bad"
	warn = "warn"
)

// thresholds is the table of the script's thresholds.
func thresholds(g *group) section {
	part := section{ID: "thresholds", Title: "Thresholds"}
	t := &table{Caption: "Thresholds of the script", Columns: []string{"metric", "condition", "result"}}
	for _, th := range g.record.Thresholds {
		if th.Crossed {
			t.mark(bad, th.Metric, th.Source, "✗ crossed")
		} else {
			t.mark(good, th.Metric, th.Source, "✓ held")
		}
	}
	part.table(t)
	return part
}

// numbers is the table of all metrics.
func numbers(g *group) section {
	part := section{ID: "metrics", Title: "All metrics"}
	trends := &table{Caption: "Trends", Columns: []string{
		"metric", "samples", "mean", "min", "p50", "p90", "p95", "p99",
		"max",
	}}
	others := &table{
		Caption: "Counters, rates and gauges",
		Columns: []string{"metric", "type", "samples", "value", "per second"},
	}
	for _, name := range slices.Sorted(maps.Keys(g.record.Metrics)) {
		m := g.record.Metrics[name]
		u := unitOf(m)
		if m.Type != runrecord.Trend {
			value, rate := valueOf(m), none
			if m.Type == runrecord.Counter {
				rate = perSecond.format(g.perSecond(m.Count()))
			}
			others.add(name, string(m.Type), digits(float64(m.Samples())), value, rate)
			continue
		}
		cells := []string{name, digits(float64(m.Samples())), u.format(m.Mean())}
		for _, q := range []float64{0, 0.5, 0.9, 0.95, 0.99, 1} {
			cells = append(cells, u.format(m.Quantile(q)))
		}
		trends.add(cells...)
	}
	part.table(trends, others)
	return part
}

func unitOf(m *runrecord.Metric) unit {
	switch m.Contains {
	case "time":
		return milliseconds
	case "data":
		return bytesOf
	case runrecord.ContainsShare:
		return share
	case runrecord.ContainsRate:
		return perSecond
	default:
		return plain
	}
}

// valueOf returns the value of a metric that is not a trend.
func valueOf(m *runrecord.Metric) string {
	switch m.Type {
	case runrecord.Rate:
		return percent.format(m.Rate() * 100)
	case runrecord.Gauge:
		u := unitOf(m)
		return u.format(m.All.Last) + " (" + u.format(m.All.Min) + " to " + u.format(m.All.Max) + ")"
	default:
		return unitOf(m).format(m.Count())
	}
}
