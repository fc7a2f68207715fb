package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

// The metrics of the token endpoint.
const (
	grantRequests   = prefix + metricname.Requests + counted
	grantRetries    = prefix + metricname.Retries + counted
	grantRetryAfter = prefix + metricname.RetryAfter + seconds
	grantDuration   = prefix + metricname.RequestDuration + seconds
	grantConnecting = prefix + metricname.RequestConnecting + seconds
	grantHandshake  = prefix + metricname.RequestTLSHandshaking + seconds
	grantSigning    = prefix + metricname.RequestSigning + seconds
	proofSigning    = prefix + metricname.DPoPSigning + seconds
	nonceRetries    = prefix + metricname.DPoPNonceRetries + counted
	grantClockSkew  = prefix + metricname.ClockSkew + seconds
	grantFailures   = prefix + metricname.RequestFailed + nonzero
	grantRotations  = prefix + metricname.SecretRotations + counted
	grantSuppressed = prefix + metricname.SuppressedRequests + counted
	grantMissing    = prefix + metricname.TokenErrors + counted
)

// The metrics of the endpoints that take a token.
const (
	introspections    = prefix + metricname.Introspections + counted
	introspectionTime = prefix + metricname.IntrospectionDuration + seconds
	revocations       = prefix + metricname.Revocations + counted
	revocationTime    = prefix + metricname.RevocationDuration + seconds
)

// tokenEndpoint is about the authorization server: what it was asked, how fast it answered, how it
// failed, and what that cost it.
func tokenEndpoint() *dashboard.DashboardBuilder {
	d := frame("clientcreds-token-endpoint", "Token endpoint under load",
		"What an OAuth 2.0 token endpoint had to do for a k6 run, how fast it was and how it failed.")
	tokenFigures(d)
	d.WithRow(section("Load")).
		WithPanel(stacked(painted(curves("Token requests by outcome",
			"Token requests per second, retries included, by the OAuth error code or the failure class of the transport. "+
				"“granted” brought a token.", "reqps",
			graph(named(perSecond(grantRequests, ofClient, "error"), "error", "granted"), "{{error}}")), "granted", green))).
		WithPanel(stacked(curves("Token requests by reason",
			"Why a token was requested: cold (none yet), expired, early (refreshed before it expired), rejected (the API "+
				"refused the old one), acquire (the script asked for a new one).", "reqps",
			graph(perSecond(grantRequests, ofClient, "reason"), "{{reason}}"))))
	d.WithRow(section("Latency")).
		WithPanel(latencyMap("Latency of token requests",
			"How many token requests took how long: sending, waiting and receiving, without connecting.",
			grantDuration, ofClient)).
		WithPanel(percentiles("Percentiles of token requests",
			"Computed from histograms, so right over several instances too.", grantDuration, ofClient))
	tokenConnections(d)
	tokenErrors(d)
	tokenQueries(d)
	return d
}

func tokenFigures(d *dashboard.DashboardBuilder) {
	d.WithPanel(figure("Token requests", "Token requests sent in the whole run, retries included.", "short",
		total(grantRequests, ofClient))).
		WithPanel(figure("Peak rate", "The most token requests per second of the run, over windows of at least four scrapes.",
			"reqps",
			"max_over_time(("+perSecond(grantRequests, ofClient)+")["+wholeRun+":"+step+"])")).
		WithPanel(figure("Failed", "Share of token requests of the run that brought no token.", "percentunit",
			ratio(orZero(total(grantFailures, ofClient)), total(grantRequests, ofClient))).
			ColorMode(common.BigValueColorModeBackground).
			Thresholds(steps(above(green), from(0.0001, yellow), from(0.01, red)))).
		WithPanel(figure("Median", "Half of the run's token requests took at most this long.", "s",
			quantileOfRun(0.5, grantDuration, ofClient))).
		WithPanel(figure("p95", "95% of the run's token requests took at most this long.", "s",
			quantileOfRun(0.95, grantDuration, ofClient))).
		WithPanel(figure("p99", "99% of the run's token requests took at most this long.", "s",
			quantileOfRun(0.99, grantDuration, ofClient)))
}

func tokenConnections(d *dashboard.DashboardBuilder) {
	all := "(" + timePerSecond(grantDuration) + " + " + timePerSecond(grantConnecting) +
		" + " + timePerSecond(grantHandshake) + ")"
	d.WithRow(section("Connections, signatures and clocks")).
		WithPanel(share(curves("Time spent connecting",
			"Share of the time of token requests that goes into TCP connections and TLS handshakes. A server behind TLS "+
				"spends most of its CPU there when clients do not keep connections.", "percentunit",
			graph(ratio(timePerSecond(grantHandshake), all), "TLS handshake"),
			graph(ratio(timePerSecond(grantConnecting), all), "TCP connect")))).
		WithPanel(curves("New connections",
			"Token requests that opened a connection, beside all of them.", "reqps",
			graph(countPerSecond(grantConnecting), "new connections"),
			graph(perSecond(grantRequests, ofClient), "token requests"))).
		WithPanel(curves("Time to sign",
			"Mean time to sign what a token request needs signed, the assertion of client_secret_jwt and private_key_jwt and "+
				"the "+
				"DPoP proof, and to sign the proof of a request to an API: a cost of the load generator, not of the server.", "s",
			graph(ratio(timePerSecond(grantSigning), countPerSecond(grantSigning)), "token request"),
			graph(ratio(timePerSecond(proofSigning), countPerSecond(proofSigning)), "DPoP proof at the API"))).
		WithPanel(curves("Clock skew",
			"Mean difference, at least, between the clocks of the token endpoint and of the load generator, by the Date "+
				"header. "+
				"More than a second or two makes tokens look expired, or not yet valid, and assertions refused.", "s",
			graph(ratio(timePerSecond(grantClockSkew), countPerSecond(grantClockSkew)), "difference")))
}

func tokenErrors(d *dashboard.DashboardBuilder) {
	d.WithRow(section("Errors and retries")).
		WithPanel(curves("Failed requests",
			"Token requests per second that failed, by OAuth error code or failure class, and by HTTP status (0: no answer). "+
				"With use_dpop_nonce most have not failed, but were sent once more with a nonce.", "reqps",
			graph(perSecond(grantRequests, ofClient+`,error!=""`, "error", "status"), "{{error}} ({{status}})"))).
		WithPanel(columns(list("Answers of the run",
			"Token requests of the whole run by HTTP status and error. Status 0: no answer came.",
			total(grantRequests, ofClient, "client", "status", "error")),
			"requests", "client", "status", "error")).
		WithPanel(share(curves("Amplification",
			"Retries as a share of all token requests: how much load failures add. At 50% the clients double the load of a "+
				"server that fails already.", "percentunit",
			graph(ratio(orZeroNow(perSecond(grantRetries, ofClient)), perSecond(grantRequests, ofClient)), "retries"))).
			ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed)).
			Thresholds(steps(above(green), from(0.5, red))).Span(8)).
		WithPanel(curves("DPoP nonce retries",
			"Requests per second that were sent once more because a server demanded a nonce in the DPoP proof (RFC 9449 §8 and "+
				"§9): the authorization server at the token endpoint, a resource server at the API. As many as there are "+
				"requests mean that every nonce is good for one of them. Empty without DPoP.", "reqps",
			graph(perSecond(nonceRetries, ofClient, "server"), "{{server}}")).Span(8)).
		WithPanel(rightAxis(curves("Retry-After",
			"What the server asks clients to wait before the next request (RFC 9110 §10.2.3), and how often. Empty while it "+
				"does not.", "s",
			graph(quantile(0.95, grantRetryAfter, ofClient), "p95"),
			graph(quantile(0.5, grantRetryAfter, ofClient), "median"),
			graph(countPerSecond(grantRetryAfter), "answers")).Span(8), "answers", "reqps")).
		WithPanel(curves("Suppressed requests",
			"Calls per second that needed a token while token requests were held back after a failure, by the OAuth error "+
				"code or "+
				"failure class and the HTTP status of that failure (0: no answer); and calls that got no token. Empty while none "+
				"fails.", "reqps",
			graph(perSecond(grantSuppressed, ofClient, "error", "status"), "held back: {{error}} ({{status}})"),
			graph(perSecond(grantMissing, ofClient, "error"), "no token: {{error}}"))).
		WithPanel(columns(list("Rotated secrets",
			"Secrets and keys that were read again after the server refused them, and had changed. Empty while none has.",
			total(grantRotations, ofClient, "client")),
			"rotations", "client"))
}

// tokenQueries shows the endpoints beside the token endpoint.
func tokenQueries(d *dashboard.DashboardBuilder) {
	d.WithRow(section("Introspection and revocation")).
		WithPanel(curves("Introspections",
			"Calls of introspect() per second, by what the server said of the token. Without an answer about it, the error.",
			"reqps",
			graph(perSecond(introspections, ofClient, "active", "error"), "active: {{active}} {{error}}"))).
		WithPanel(curves("Introspection time",
			"Time of the requests to the introspection endpoint. Empty while there are none.", "s",
			graph(quantile(0.95, introspectionTime, ofClient), "p95"),
			graph(quantile(0.5, introspectionTime, ofClient), "median"))).
		WithPanel(curves("Revocations",
			"Calls of revoke() per second, by HTTP status and error. A server says 200 also of a token that it does not know.",
			"reqps",
			graph(perSecond(revocations, ofClient, "status", "error"), "{{status}} {{error}}"))).
		WithPanel(curves("Revocation time",
			"Time of the requests to the revocation endpoint. Empty while there are none.", "s",
			graph(quantile(0.95, revocationTime, ofClient), "p95"),
			graph(quantile(0.5, revocationTime, ofClient), "median")))
}

// share is a panel whose values are parts of one whole.
func share(p *timeseries.PanelBuilder) *timeseries.PanelBuilder { return p.Max(1) }
