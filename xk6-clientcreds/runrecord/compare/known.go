package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// kind holds what is known about a metric without a sample of it.
type kind struct {
	// Type is "" of a metric of which only the name is known.
	Type     runrecord.Type
	Contains string // as in records: time, data, share, rate or default
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
	metricname.VUs:                         gauge,
	metricname.VUsMax:                      gauge,
	metricname.Iterations:                  counter,
	metricname.IterationDuration:           times,
	metricname.DroppedIterations:           counter,
	metricname.Checks:                      rate,
	metricname.GroupDuration:               times,
	metricname.HTTPReqs:                    counter,
	metricname.HTTPReqFailed:               rate,
	metricname.HTTPReqDuration:             times,
	metricname.HTTPReqBlocked:              times,
	metricname.HTTPReqConnecting:           times,
	metricname.HTTPReqTLSHandshaking:       times,
	metricname.HTTPReqSending:              times,
	metricname.HTTPReqWaiting:              times,
	metricname.HTTPReqReceiving:            times,
	metricname.WSSessions:                  counter,
	metricname.WSMessagesSent:              counter,
	metricname.WSMessagesReceived:          counter,
	metricname.WSPing:                      times,
	metricname.WSSessionDuration:           times,
	metricname.WSConnecting:                times,
	metricname.GRPCReqDuration:             times,
	metricname.GRPCStreams:                 counter,
	metricname.GRPCStreamsMessagesSent:     counter,
	metricname.GRPCStreamsMessagesReceived: counter,
	metricname.DataSent:                    data,
	metricname.DataReceived:                data,

	metricname.Requests:              counter,
	metricname.RequestDuration:       times,
	metricname.RequestConnecting:     times,
	metricname.RequestTLSHandshaking: times,
	metricname.RequestSigning:        times,
	metricname.RequestFailed:         rate,
	metricname.DPoPSigning:           times,
	metricname.DPoPNonceRetries:      counter,
	metricname.TokenWait:             times,
	metricname.CacheHits:             counter,
	metricname.CacheMisses:           counter,
	metricname.TokenErrors:           counter,
	metricname.SuppressedRequests:    counter,
	metricname.TokenTTL:              times,
	metricname.TokenRemaining:        times,
	metricname.Retries:               counter,
	metricname.RetryAfter:            times,
	metricname.ClockSkew:             times,
	metricname.SecretRotations:       counter,
	metricname.Rejections:            counter,
	metricname.ExpiredTokenUses:      counter,
	metricname.Introspections:        counter,
	metricname.IntrospectionDuration: times,
	metricname.Revocations:           counter,
	metricname.RevocationDuration:    times,
	metricname.GeneratorCPU:          gauge,
	metricname.GeneratorThrottled:    gauge,
	metricname.GeneratorLag:          times,
	metricname.GeneratorSaturated:    rate,
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

// kindOf returns what is known of a metric, by its name alone if no record has it.
func (v vocabulary) kindOf(name string) (kind, bool) {
	if k, ok := v.metrics[name]; ok {
		return k, true
	}
	m, ok := runrecord.KnownServerMetric(name)
	return kind{runrecord.Trend, m.Contains}, ok
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
