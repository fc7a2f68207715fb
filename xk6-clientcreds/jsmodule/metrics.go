package jsmodule

import (
	"fmt"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

// The tags that this module adds to its samples, beside the tags of the script and of k6.
const (
	tagClient = "client" // the client_id, or the name of the pool
	tagReason = "reason" // why a token was requested: cold, expired, early, rejected, acquire
	tagStatus = "status" // HTTP status of the answer, "0" when none came
	tagGrant  = "grant"  // client_credentials or token_exchange, with the option exchange
	tagActive = "active" // what an introspection says of the token: true or false
	tagServer = "server" // which server demanded a DPoP nonce: authorization or resource
	tagError  = "error"  // OAuth error code or failure class; from a bounded vocabulary
)

// moduleMetrics are the metrics of this module. metricRows describes each of them.
type moduleMetrics struct {
	Requests               *metrics.Metric
	RequestDuration        *metrics.Metric
	RequestConnecting      *metrics.Metric
	RequestTLSHandshaking  *metrics.Metric
	RequestSigning         *metrics.Metric
	DPoPSigning            *metrics.Metric
	DPoPNonceRetries       *metrics.Metric
	RequestFailed          *metrics.Metric
	SuppressedRequests     *metrics.Metric
	TokenWait              *metrics.Metric
	CacheHits, CacheMisses *metrics.Metric
	TokenErrors            *metrics.Metric
	TokenTTL               *metrics.Metric
	TokenRemaining         *metrics.Metric
	Retries                *metrics.Metric
	RetryAfter             *metrics.Metric
	ClockSkew              *metrics.Metric
	SecretRotations        *metrics.Metric
	Rejections             *metrics.Metric
	ExpiredTokenUses       *metrics.Metric
	Introspections         *metrics.Metric
	IntrospectionDuration  *metrics.Metric
	Revocations            *metrics.Metric
	RevocationDuration     *metrics.Metric
	GeneratorCPU           *metrics.Metric
	GeneratorThrottled     *metrics.Metric
	GeneratorLag           *metrics.Metric
	GeneratorSaturated     *metrics.Metric
}

// MetricInfo describes one metric of this module.
type MetricInfo struct {
	Name string
	Type metrics.MetricType
	Time bool     // values are times, in milliseconds as in all of k6
	Tags []string // beside the tags of the script and of k6
	Help string
}

// Metrics lists the metrics of this module.
func Metrics() []MetricInfo {
	rows := metricRows(&moduleMetrics{})
	infos := make([]MetricInfo, len(rows))
	for i, row := range rows {
		infos[i] = row.MetricInfo
	}
	return infos
}

type metricRow struct {
	MetricInfo

	field **metrics.Metric
}

func metricRows(m *moduleMetrics) []metricRow {
	var (
		request  = []string{tagClient, tagGrant, tagReason, tagStatus, tagError}
		granted  = []string{tagClient, tagGrant, tagReason, tagStatus}
		client   = []string{tagClient}
		rejected = []string{tagClient, tagError}
		said     = []string{tagClient, tagActive, tagStatus, tagError}
		answered = []string{tagClient, tagStatus, tagError}
		held     = []string{tagClient, tagGrant, tagStatus, tagError}
		demanded = []string{tagClient, tagServer}
	)
	row := func(field **metrics.Metric, name string, typ metrics.MetricType, isTime bool, tags []string,
		help string,
	) metricRow {
		return metricRow{MetricInfo{name, typ, isTime, tags, help}, field}
	}
	return []metricRow{
		row(&m.Requests, metricname.Requests, metrics.Counter, false, request,
			"Token requests sent, retries and token exchanges included."),
		row(&m.RequestDuration, metricname.RequestDuration, metrics.Trend, true, request,
			"Time of one token request that was answered: sending, waiting and receiving, as "+
				metrics.HTTPReqDurationName+" counts it."),
		row(&m.RequestConnecting, metricname.RequestConnecting, metrics.Trend, true, request,
			"TCP connection time of a token request that opened a connection."),
		row(&m.RequestTLSHandshaking, metricname.RequestTLSHandshaking, metrics.Trend, true, request,
			"TLS handshake time of a token request that opened a connection."),
		row(&m.RequestSigning, metricname.RequestSigning, metrics.Trend, true, request,
			"Time to sign the client assertion and the DPoP proof of a token request."),
		row(&m.DPoPSigning, metricname.DPoPSigning, metrics.Trend, true, client,
			"Time to sign the DPoP proof of one request to an API."),
		row(&m.DPoPNonceRetries, metricname.DPoPNonceRetries, metrics.Counter, false, demanded,
			"Requests sent once more because a server demanded a nonce in the DPoP proof (use_dpop_nonce). They are not "+
				"failures."),
		row(&m.RequestFailed, metricname.RequestFailed, metrics.Rate, false, request,
			"Token requests without a token, including requests that were not sent because discovery or the credentials "+
				"failed, or because a guard refused them."),
		row(&m.SuppressedRequests, metricname.SuppressedRequests, metrics.Counter, false, held,
			"Calls that needed a token and for which no token request was sent at once, because requests had failed before."),
		row(&m.TokenWait, metricname.TokenWait, metrics.Trend, true, client,
			"Time the script waited for a token that was not in the cache."),
		row(&m.CacheHits, metricname.CacheHits, metrics.Counter, false, client,
			"Tokens served from the cache."),
		row(&m.CacheMisses, metricname.CacheMisses, metrics.Counter, false, client,
			"Tokens the script had to wait for."),
		row(&m.TokenErrors, metricname.TokenErrors, metrics.Counter, false, rejected,
			"Calls that needed a token and ended with a TokenError."),
		row(&m.TokenTTL, metricname.TokenTTL, metrics.Trend, true, granted,
			"Lifetime of the tokens granted."),
		row(&m.TokenRemaining, metricname.TokenRemaining, metrics.Trend, true, client,
			"Remaining lifetime of the token when it was last used before the sample."),
		row(&m.Retries, metricname.Retries, metrics.Counter, false, request,
			"Token requests that repeat a failed one."),
		row(&m.RetryAfter, metricname.RetryAfter, metrics.Trend, true, request,
			"Time a server asked to wait before the next token request (Retry-After)."),
		row(&m.ClockSkew, metricname.ClockSkew, metrics.Trend, true, request,
			"Time by which, at least, the clocks of the token endpoint and of this machine differ, whichever is ahead (Date "+
				"header, whole seconds); at most once a second."),
		row(&m.SecretRotations, metricname.SecretRotations, metrics.Counter, false, client,
			"Secrets and keys that were read again, and had changed, after the server refused them."),
		row(&m.Rejections, metricname.Rejections, metrics.Counter, false, rejected,
			"Answers with status 401 to requests made through the client."),
		row(&m.ExpiredTokenUses, metricname.ExpiredTokenUses, metrics.Counter, false, client,
			"Requests sent with a token that had already expired: the run is not valid."),
		row(&m.Introspections, metricname.Introspections, metrics.Counter, false, said,
			"Calls of introspect(): requests to the introspection endpoint, and those that discovery kept from being sent."),
		row(&m.IntrospectionDuration, metricname.IntrospectionDuration, metrics.Trend, true, said,
			"Time of one request to the introspection endpoint that was answered: sending, waiting and receiving."),
		row(&m.Revocations, metricname.Revocations, metrics.Counter, false, answered,
			"Calls of revoke(): requests to the revocation endpoint, and those that discovery kept from being sent."),
		row(&m.RevocationDuration, metricname.RevocationDuration, metrics.Trend, true, answered,
			"Time of one request to the revocation endpoint that was answered: sending, waiting and receiving."),
		row(&m.GeneratorCPU, metricname.GeneratorCPU, metrics.Gauge, false, nil,
			"Share of the available CPU time that this k6 process used, over a second. "+
				"The machine's CPUs or the container's limit are available."),
		row(&m.GeneratorThrottled, metricname.GeneratorThrottled, metrics.Gauge, false, nil,
			"Share of the periods of a second in which the CPU limit of the container stopped this k6 process."),
		row(&m.GeneratorLag, metricname.GeneratorLag, metrics.Trend, true, nil,
			"Delay of work that was due in this k6 process, averaged over a second."),
		row(&m.GeneratorSaturated, metricname.GeneratorSaturated, metrics.Rate, false, nil,
			"Seconds in which this k6 process was at its limit: 90% of the CPU, 10 ms late, or stopped in 10% of the periods."),
	}
}

// registerMetrics declares the metrics in k6's registry. It happens in the init context, so that
// thresholds can name them.
func registerMetrics(registry *metrics.Registry) (*moduleMetrics, error) {
	m := new(moduleMetrics)
	for _, row := range metricRows(m) {
		contains := metrics.Default
		if row.Time {
			contains = metrics.Time
		}
		metric, err := registry.NewMetric(row.Name, row.Type, contains)
		if err != nil {
			return nil, fmt.Errorf("registering metric %s: %w", row.Name, err)
		}
		*row.field = metric
	}
	return m, nil
}
