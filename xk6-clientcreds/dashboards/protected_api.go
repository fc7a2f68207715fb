package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

// The metrics of the API and of the tokens on their way from the cache to it.
const (
	apiRequests      = prefix + metricname.HTTPReqs + counted
	apiFailures      = prefix + metricname.HTTPReqFailed + nonzero
	apiDuration      = prefix + metricname.HTTPReqDuration + seconds
	cacheHits        = prefix + metricname.CacheHits + counted
	cacheMisses      = prefix + metricname.CacheMisses + counted
	grantWait        = prefix + metricname.TokenWait + seconds
	lifetimeGranted  = prefix + metricname.TokenTTL + seconds
	lifetimeLeft     = prefix + metricname.TokenRemaining + seconds
	rejections       = prefix + metricname.Rejections + counted
	expiredTokenUses = prefix + metricname.ExpiredTokenUses + counted // #nosec G101 -- a metric
)

// protectedAPI is about the API behind the tokens and what the tokens do to its measurement.
func protectedAPI() *dashboard.DashboardBuilder {
	d := frame("clientcreds-protected-api", "Protected API and token lifecycle",
		"An API under load with client-credentials tokens: its own latency, and what acquiring, caching and replacing "+
			"tokens adds to it.")
	apiFigures(d)
	d.WithRow(section("API")).
		WithPanel(stacked(painted(curves("Requests by status",
			"Requests to the API per second by HTTP status. Token requests are not among them.", "reqps",
			graph(perSecond(apiRequests, ofScenario, "status"), "{{status}}")), "200", green))).
		WithPanel(percentiles("Percentiles of API requests",
			"Of answered requests. Computed from histograms, so right over several instances too.", apiDuration, ofAnswers)).
		WithPanel(latencyMap("Latency of API requests", "How many of the answered requests took how long.", apiDuration,
			ofAnswers)).
		WithPanel(curves("p95 by request",
			"The slow requests by their name and method.", "s",
			graph(quantile(0.95, apiDuration, ofAnswers, "name", "method"), "{{method}} {{name}}")))
	tokenLifecycle(d)
	invalidity(d)
	generator(d)
	return d
}

func apiFigures(d *dashboard.DashboardBuilder) {
	hits, misses := orZero(total(cacheHits, ofClient)), orZero(total(cacheMisses, ofClient))
	d.WithPanel(figure("API requests", "Requests to the API in the whole run.", "short",
		total(apiRequests, ofScenario))).
		WithPanel(figure("Failed", "Share of API requests of the run that k6 counts as failed.", "percentunit",
			ratio(orZero(total(apiFailures, ofScenario)), total(apiRequests, ofScenario))).
			ColorMode(common.BigValueColorModeBackground).
			Thresholds(steps(above(green), from(0.0001, yellow), from(0.01, red)))).
		WithPanel(figure("API p95", "95% of the run's API requests that were answered took at most this long.", "s",
			quantileOfRun(0.95, apiDuration, ofAnswers))).
		WithPanel(figure("Cache hit ratio", "Share of token uses of the run that did not wait for the token endpoint.",
			"percentunit",
			ratio(hits, "("+hits+") + ("+misses+")")).Decimals(2)).
		WithPanel(mustBeZero(figure("401 answers",
			"Requests of the run whose token the API rejected. Above 0, the run measured rejections and is not valid.", "short",
			orZero(total(rejections, ofClient))))).
		WithPanel(mustBeZero(figure("Expired tokens used",
			"Requests of the run that were sent with a token that had expired. Above 0 the run is not valid.", "short",
			orZero(total(expiredTokenUses, ofClient)))))
}

func tokenLifecycle(d *dashboard.DashboardBuilder) {
	refreshes := curves("Refreshes against request latency",
		"Tokens that expire together are refreshed together: peaks of token requests at steady distances are such a herd, "+
			"and cache jitter spreads it. Curves that peak with them show what the refreshes cost the API and the script.", "s",
		graph(perSecond(grantRequests, ofClient), "token requests"),
		graph(quantile(0.95, apiDuration, ofAnswers), "API p95"),
		graph(quantile(0.95, grantWait, ofClient), "token wait p95"),
	).Span(24)
	hits := orZeroNow(perSecond(cacheHits, ofClient))
	misses := orZeroNow(perSecond(cacheMisses, ofClient))
	d.WithRow(section("Token lifecycle")).
		WithPanel(bars(refreshes, "token requests", "reqps")).
		WithPanel(share(curves("Cache hit ratio over time",
			"Share of token uses that took a token from the cache and did not wait.", "percentunit",
			graph(ratio(hits, "("+hits+") + ("+misses+")"), "hit ratio")).Span(8))).
		WithPanel(curves("Lifetime left at use",
			"What the tokens used had left to live: the shortest 1%, the median, and the lifetime that the server grants. "+
				"A 1% curve at 0 means that the leeway is too short.", "s",
			graph(quantile(0.5, lifetimeGranted, ofClient), "granted"),
			graph(quantile(0.5, lifetimeLeft, ofClient), "left, median"),
			graph(quantile(0.01, lifetimeLeft, ofClient), "left, shortest 1%")).Span(8)).
		WithPanel(percentiles("Wait for a token",
			"How long the script waited when the cache had no token to give. Empty while every token comes from the cache.",
			grantWait, ofClient).Span(8))
}

func invalidity(d *dashboard.DashboardBuilder) {
	d.WithRow(section("What makes the run not valid")).
		WithPanel(curves("401 answers by error",
			"Refusals of the API so far, by the error of its WWW-Authenticate header (RFC 6750).", "short",
			graph(named(elseZero("sum by (error) ("+rejections+"{"+ofClient+"})"), "error", "no 401"), "{{error}}"))).
		WithPanel(curves("Expired tokens used by client", "Requests so far that were sent with an expired token.", "short",
			graph(named(elseZero("sum by (client) ("+expiredTokenUses+"{"+ofClient+"})"), "client", "no expired token used"),
				"{{client}}")))
}

func generator(d *dashboard.DashboardBuilder) {
	d.WithRow(section("Load generator")).
		WithPanel(curves("Virtual users", "Virtual users that run, and how many are initialized.", "short",
			graph("sum ("+usersActive+"{"+ofRun+"})", "running"),
			graph("sum ("+anyRun+"{"+ofRun+"})", "initialized")).Span(8)).
		WithPanel(rightAxis(curves("Iterations",
			"Iterations of the script per second, and the time that 95% of them take at most. "+
				"Dropped iterations mean that k6 had no virtual user left to start one: the load is not what was asked for.", "cps",
			graph(perSecond(iterationsEnded, ofScenario), "iterations"),
			graph(orZeroNow(perSecond(droppedIterations, ofScenario)), "dropped"),
			graph(quantile(0.95, iterationTime, ofScenario), "p95 duration")).Span(8), "p95 duration", "s")).
		WithPanel(curves("Network", "Bytes per second, including token requests.", "Bps",
			graph(perSecond(dataReceived, ofScenario), "received"),
			graph(perSecond(dataSent, ofScenario), "sent")).Span(8))
}
