package report

import (
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// The metrics that the page is about; those of token requests by the word for them of RFC 6749.
const (
	grantRequests = "clientcreds_requests"
	grantDuration = "clientcreds_request_duration"
	grantFailed   = "clientcreds_request_failed"
	grantWait     = "clientcreds_token_wait"
	cacheHits     = "clientcreds_cache_hits"
	cacheMisses   = "clientcreds_cache_misses"
	rejections    = "clientcreds_rejections"
	apiRequests   = "http_reqs"
	apiDuration   = "http_req_duration"
	apiFailed     = "http_req_failed"
)

// answered is the note of sections about latency.
const answered = "Of the requests that were answered."

// runSections are the page of one side.
func runSections(s *side) []section {
	return filled(tokens(s), cache(s), api(s), distributions(s), failures(s), generator(s), thresholds(s), splits(s), numbers(s))
}

// refreshes are the token requests by their reason, as bars on the right axis.
func refreshes(s *side, from int) []curve {
	return right(bars, paint(from, s.by(grantRequests, "reason", s.counts)...)...)
}

func tokens(s *side) section {
	part := section{ID: "tokens", Title: "Token requests"}
	part.chart(
		overTime("token-latency", "Latency of token requests",
			"Bars are the token requests of each reason: cold is a first token, early and expired are refreshes, rejected follows a 401, acquire goes past the cache.",
			[]unit{milliseconds, perSecond},
			slices.Concat(paint(0, s.quantiles(grantDuration, p50, p95, p99)...), refreshes(s, 3))...),
		overTime("grants", "Token requests by outcome", "",
			[]unit{perSecond},
			slices.Concat(paint(0, s.zeros(grantFailed, "granted")), paint(1, s.by(grantFailed, "error", s.nonzeros)...))...),
	)
	return part
}

func cache(s *side) section {
	part := section{ID: "cache", Title: "Token cache"}
	part.chart(
		overTime("cache-use", "Cache hits and misses", "What the script waited for a token when it was not a hit is on the right.",
			[]unit{perSecond, milliseconds},
			slices.Concat(
				paint(0, s.counts(cacheHits, "hits"), s.counts(cacheMisses, "misses")),
				right(lines, paint(2, curveLabel("wait p95", s.quantiles(grantWait, p95)...)...)...),
			)...),
		lifetimes("lifetime", "Lifetime of tokens", "The share of tokens that were granted no more than that long, and of uses with no more than that left.",
			trend{"granted", s.record.Metric("clientcreds_token_ttl").Values()},
			trend{"left when used", s.record.Metric("clientcreds_token_remaining").Values()}),
	)
	return part
}

// curveLabel names curves anew.
func curveLabel(label string, curves ...curve) []curve {
	for i := range curves {
		curves[i].Label = label
	}
	return curves
}

func api(s *side) section {
	part := section{ID: "api", Title: "API requests"}
	part.chart(
		overTime("api-latency", "Latency of API requests", "Bars are the token requests of each reason, to see what a refresh does to the API's latency.",
			[]unit{milliseconds, perSecond},
			slices.Concat(paint(0, s.quantiles(apiDuration, p50, p95, p99)...), refreshes(s, 3))...),
		overTime("api-outcome", "API requests by outcome", "",
			[]unit{perSecond},
			paint(0, s.zeros(apiFailed, "succeeded"), s.nonzeros(apiFailed, "failed"), s.counts(rejections, "answered with 401"))...),
	)
	return part
}

func distributions(s *side) section {
	part := section{ID: "distribution", Title: "Distribution of latency", Note: answered}
	all := []trend{
		{"token requests", s.record.Metric(grantDuration).Values()},
		{"API requests", s.record.Metric(apiDuration).Values()},
	}
	part.chart(
		histogram("histogram", "Requests by latency", all...),
		percentiles("percentiles", "Latency by percentile", all...),
	)
	for _, by := range []struct{ id, tag, title string }{
		{"scenario", "scenario", "by scenario"}, {"client", "client", "by client"},
	} {
		for _, metric := range []struct{ id, name, title string }{
			{"token", grantDuration, "Latency of token requests "}, {"api", apiDuration, "Latency of API requests "},
		} {
			if parts := partsOf(s.record.Metric(metric.name), by.tag); len(parts) > 1 {
				part.chart(percentiles(metric.id+"-by-"+by.id, metric.title+by.title, parts...))
			}
		}
	}
	return part
}

// partsOf are the parts of a metric by a tag, the largest first and no more than there are colours.
func partsOf(m *runrecord.Metric, tag string) []trend {
	var parts []trend
	for _, value := range largest(m, tag) {
		if len(parts) < colors {
			parts = append(parts, trend{value, m.Split(tag, value)})
		}
	}
	return parts
}

func generator(s *side) section {
	part := section{ID: "generator", Title: "Load generator"}
	cpu := s.gauge("clientcreds_generator_cpu", "CPU").perProcess()
	cpu.value = func(v *runrecord.Values) float64 { return v.Last * 100 }
	part.chart(
		overTime("load", "Virtual users and iterations", "Iterations are on the right.",
			[]unit{plain, perSecond},
			slices.Concat(
				paint(0, s.gauge("vus", "virtual users")),
				right(lines, paint(1, s.counts("iterations", "iterations"), s.counts("dropped_iterations", "dropped iterations"))...),
			)...),
		overTime("health", "CPU and lag of k6", "CPU is the share of what k6 may use, on average of its processes. Lag, on the right, is how late k6 ran what was due.",
			[]unit{percent, milliseconds},
			slices.Concat(
				paint(0, cpu),
				right(lines, paint(1, curveLabel("lag p95", s.quantiles("clientcreds_generator_lag", p95)...)...)...),
			)...),
	)
	return part
}
