package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// kind holds what is known about a metric without a sample of it.
type kind struct {
	// Type is "" of a metric of which only the name is known.
	Type     runrecord.Type
	Contains string // as in records: time, data or default
}

var (
	counter = kind{runrecord.Counter, "default"}
	data    = kind{runrecord.Counter, "data"}
	gauge   = kind{runrecord.Gauge, "default"}
	rate    = kind{runrecord.Rate, "default"}
	times   = kind{runrecord.Trend, "time"}
)

// known are the metrics of k6 and of this extension. A run in which nothing happened has no samples of them: without
// the table, "no retries" could not be told from a typing error. A test compares it with k6 and the extension.
var known = map[string]kind{
	"vus": gauge, "vus_max": gauge,
	"iterations": counter, "iteration_duration": times, "dropped_iterations": counter,
	"checks": rate, "group_duration": times,
	"http_reqs": counter, "http_req_failed": rate, "http_req_duration": times, "http_req_blocked": times,
	"http_req_connecting": times, "http_req_tls_handshaking": times, "http_req_sending": times, "http_req_waiting": times,
	"http_req_receiving": times,
	"ws_sessions":        counter, "ws_msgs_sent": counter, "ws_msgs_received": counter, "ws_ping": times,
	"ws_session_duration": times, "ws_connecting": times,
	"grpc_req_duration": times, "grpc_streams": counter, "grpc_streams_msgs_sent": counter,
	"grpc_streams_msgs_received": counter,
	"data_sent":                  data, "data_received": data,

	"clientcreds_requests": counter, "clientcreds_request_duration": times, "clientcreds_request_connecting": times,
	"clientcreds_request_tls_handshaking": times, "clientcreds_request_signing": times, "clientcreds_request_failed": rate,
	"clientcreds_dpop_signing": times, "clientcreds_dpop_nonce_retries": counter,
	"clientcreds_token_wait": times, "clientcreds_cache_hits": counter, "clientcreds_cache_misses": counter,
	"clientcreds_token_errors": counter, "clientcreds_suppressed_requests": counter,
	"clientcreds_token_ttl": times, "clientcreds_token_remaining": times,
	"clientcreds_retries": counter, "clientcreds_retry_after": times, "clientcreds_clock_skew": times,
	"clientcreds_secret_rotations": counter, "clientcreds_rejections": counter, "clientcreds_expired_token_uses": counter,
	"clientcreds_introspections": counter, "clientcreds_introspection_duration": times,
	"clientcreds_revocations": counter, "clientcreds_revocation_duration": times,
	"clientcreds_generator_cpu": gauge, "clientcreds_generator_throttled": gauge, "clientcreds_generator_lag": times,
	"clientcreds_generator_saturated": rate,
}

// reasons are the values of the tag reason.
var reasons = []string{"cold", "early", "expired", "rejected", "acquire"}

// vocabulary holds the subjects of rules: the known metrics, the metrics of the records, and the values of their tags.
type vocabulary struct {
	metrics map[string]kind
	// tags are the values that are known of each tag.
	tags map[string]map[string]bool
}

func vocabularyOf(records []*runrecord.Record) vocabulary {
	v := vocabulary{metrics: maps.Clone(known), tags: make(map[string]map[string]bool)}
	for _, tag := range runrecord.SplitTags() {
		v.tags[tag] = make(map[string]bool)
	}
	for _, reason := range reasons {
		v.tags["reason"][reason] = true
	}
	for _, r := range records {
		for _, t := range r.Thresholds {
			// k6 refuses a threshold on a metric that the script does not make.
			if name, _, _ := strings.Cut(t.Metric, "{"); v.metrics[name].Type == "" {
				v.metrics[name] = kind{}
			}
		}
		for name, m := range r.Metrics {
			v.metrics[name] = kind{m.Type, m.Contains}
			for tag, values := range m.By {
				if v.tags[tag] != nil {
					addKeys(v.tags[tag], values)
				}
			}
		}
		for _, s := range r.Run.Scenarios {
			v.tags["scenario"][s.Name] = true
		}
		for _, c := range r.Run.Clients {
			v.tags["client"][c.Name] = true
		}
	}
	return v
}

func addKeys[V any](into map[string]bool, from map[string]V) {
	for key := range from {
		into[key] = true
	}
}

// names are the known metrics, sorted.
func (v vocabulary) names() []string { return slices.Sorted(maps.Keys(v.metrics)) }

// openTags are tags whose values come from servers: a value that nobody has sent is not a typing error.
func openTags() []string { return []string{"status", "error", "error_code"} }

// spoken reports whether a tag has a value, or could have.
func (v vocabulary) spoken(tag, value string) bool {
	return slices.Contains(openTags(), tag) || v.tags[tag][value] || v.tags[tag][runrecord.Other]
}
