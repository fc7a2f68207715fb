package report

import (
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// answered is the note of sections about latency.
const answered = "Of the requests that were answered."

// runSections are the page of one side.
func runSections(g *group) []section {
	return filled(tokens(g), cache(g), api(g), serversUnderTest(g), distributions(g), failures(g), generator(g),
		thresholds(g), splits(g), numbers(g))
}

// refreshes are the token requests by their reason, as bars on the right axis.
func refreshes(g *group, from int) []curve {
	return right(bars, paint(from, g.by(metricname.Requests, "reason", g.counts)...)...)
}

func tokens(g *group) section {
	part := section{ID: "tokens", Title: "Token requests"}
	part.chart(
		overTime("token-latency", "Latency of token requests",
			"Bars are the token requests of each reason: cold is a first token, early and expired are refreshes, rejected "+
				"follows a 401, acquire bypasses the cache.",
			[]unit{milliseconds, perSecond},
			slices.Concat(paint(0, g.quantiles(metricname.RequestDuration, p50, p95, p99)...), refreshes(g, 3))...),
		overTime("grants", "Token requests by outcome", "",
			[]unit{perSecond},
			slices.Concat(
				paint(0, g.zeros(metricname.RequestFailed, "granted")),
				paint(1, g.by(metricname.RequestFailed, "error", g.nonzeros)...),
			)...),
	)
	return part
}

func cache(g *group) section {
	part := section{ID: "cache", Title: "Token cache"}
	part.chart(
		overTime("cache-use", "Cache hits and misses",
			"The right axis shows the wait for a token that was not in the cache.",
			[]unit{perSecond, milliseconds},
			slices.Concat(
				paint(0, g.counts(metricname.CacheHits, "hits"), g.counts(metricname.CacheMisses, "misses")),
				right(lines, paint(2, curveLabel("wait p95", g.quantiles(metricname.TokenWait, p95)...)...)...),
			)...),
	)
	granted := trend{"granted", g.record.Metric(metricname.TokenTTL).Values()}
	left := trend{"left when used", g.record.Metric(metricname.TokenRemaining).Values()}
	if sentence := oneLifetime(granted, left); sentence != "" {
		part.Instead = append(part.Instead, sentence)
		return part
	}
	part.chart(lifetimes("lifetime", "Lifetime of tokens",
		"The share of tokens that were granted no more than that long, and of uses with no more than that left.",
		granted, left))
	return part
}

// curveLabel renames curves.
func curveLabel(label string, curves ...curve) []curve {
	for i := range curves {
		curves[i].Label = label
	}
	return curves
}

func api(g *group) section {
	part := section{ID: "api", Title: "API requests"}
	part.chart(
		overTime("api-latency", "Latency of API requests",
			"Bars are the token requests of each reason, to see what a refresh does to the API's latency.",
			[]unit{milliseconds, perSecond},
			slices.Concat(paint(0, g.quantiles(metricname.HTTPReqDuration, p50, p95, p99)...), refreshes(g, 3))...),
		overTime("api-outcome", "API requests by outcome", "",
			[]unit{perSecond},
			paint(0, g.zeros(metricname.HTTPReqFailed, "succeeded"), g.nonzeros(metricname.HTTPReqFailed, "failed"),
				g.counts(metricname.Rejections, "answered with 401"))...),
	)
	return part
}

func distributions(g *group) section {
	part := section{ID: "distribution", Title: "Distribution of latency", Note: answered}
	all := []trend{
		{"token requests", g.record.Metric(metricname.RequestDuration).Values()},
		{"API requests", g.record.Metric(metricname.HTTPReqDuration).Values()},
	}
	part.chart(
		histogram("histogram", "Requests by latency", all...),
		percentiles("percentiles", "Latency by percentile", all...),
	)
	for _, by := range []struct{ id, tag, title string }{
		{"scenario", "scenario", "by scenario"}, {"client", "client", "by client"},
	} {
		for _, metric := range []struct{ id, name, title string }{
			{"token", metricname.RequestDuration, "Latency of token requests "},
			{"api", metricname.HTTPReqDuration, "Latency of API requests "},
		} {
			if parts := partsOf(g.record.Metric(metric.name), by.tag); len(parts) > 1 {
				part.chart(percentiles(metric.id+"-by-"+by.id, metric.title+by.title, parts...))
			}
		}
	}
	return part
}

// partsOf are the parts of a metric by a tag, the largest first and no more than there are colors.
func partsOf(m *runrecord.Metric, tag string) []trend {
	var parts []trend
	for _, value := range largest(m, tag) {
		if len(parts) < colors {
			parts = append(parts, trend{value, m.Split(tag, value)})
		}
	}
	return parts
}

// busy is the number of virtual users; nothing if none was ever busy when k6 counted them: iterations can be short.
func busy(g *group) []curve {
	if m := g.record.Metric(metricname.VUs); m.Values() == nil || m.Values().Max == 0 {
		return nil
	}
	return []curve{g.gauge(metricname.VUs, "virtual users")}
}

func generator(g *group) section {
	part := section{ID: "generator", Title: "Load generator"}
	cpu := g.gauge(metricname.GeneratorCPU, "CPU").perProcess()
	cpu.value = func(v *runrecord.Values) float64 { return v.Last * 100 }
	part.chart(
		overTime("load", "Virtual users and iterations", "Iterations are on the right.",
			[]unit{plain, perSecond},
			slices.Concat(
				paint(0, busy(g)...),
				right(lines, paint(1, g.counts(metricname.Iterations, "iterations"),
					g.counts(metricname.DroppedIterations, "dropped iterations"))...),
			)...),
		overTime("health", "CPU and lag of k6",
			"CPU is the share of what k6 may use, on average of its processes. Lag, on the right, is how late k6 ran what was "+
				"due.",
			[]unit{percent, milliseconds},
			slices.Concat(
				paint(0, cpu),
				right(lines, paint(1, curveLabel("lag p95", g.quantiles(metricname.GeneratorLag, p95)...)...)...),
			)...),
	)
	return part
}
