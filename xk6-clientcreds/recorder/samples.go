package recorder

import (
	"net/url"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tagcache"
)

// maxSeen bounds the values of a tag that is only listed.
const maxSeen = 16

// samples holds the measurements so far.
type samples struct {
	builder *runrecord.Builder
	cells   *tagcache.Cache[*runrecord.Cell] // nil for samples that are not recorded

	tls, protocols map[string]bool
	origins        runinfo.Origins // of the URLs of requests
}

func newSamples() *samples {
	s := &samples{
		builder:   runrecord.NewBuilder(),
		tls:       make(map[string]bool),
		protocols: make(map[string]bool),
	}
	s.cells = tagcache.New(s.resolve)
	return s
}

// add takes a batch of samples.
func (s *samples) add(containers []metrics.SampleContainer) {
	for _, container := range containers {
		list := container.GetSamples()
		for i := range list {
			sample := &list[i]
			if cell := *s.cells.Get(sample.TimeSeries); cell != nil {
				cell.Observe(sample.Value, sample.Time)
			}
		}
	}
}

// resolve finds where the samples of ts go; nil if they are not recorded.
func (s *samples) resolve(ts metrics.TimeSeries) *runrecord.Cell {
	tag := func(name string) string {
		value, _ := ts.Tags.Get(name)
		return value
	}
	see(s.tls, tag(metrics.TagTLSVersion.String()))
	see(s.protocols, tag(metrics.TagProto.String()))
	s.locate(ts.Metric.Name, tag(metrics.TagURL.String()))
	if ofAnswer(ts.Metric.Name) && tag(metrics.TagStatus.String()) == "0" {
		return nil
	}
	return s.builder.Cell(ts.Metric.Name, runrecord.Type(ts.Metric.Type.String()), ts.Metric.Contains.String(), tag)
}

// ofAnswer reports whether a metric is the time of an answer. Without an answer k6 says 0 ms, or how long it waited in
// vain, which would make a dead server a fast one.
func ofAnswer(metric string) bool {
	switch metric {
	case metrics.HTTPReqDurationName, metrics.HTTPReqWaitingName, metrics.HTTPReqReceivingName, metrics.HTTPReqSendingName:
		return true
	}
	return false
}

// locate notes the server of a request by its tag url. Where the script names the request, k6 has that name instead.
func (s *samples) locate(metric, address string) {
	switch metric {
	case metrics.GRPCReqDurationName:
		address = "grpc://" + address
	case metrics.HTTPReqsName, metrics.WSSessionsName:
	default:
		return
	}
	if u, err := url.Parse(address); err == nil {
		s.origins.Add(u)
	}
}

// targets are those that are known, and those that were seen.
func (s *samples) targets(known runinfo.Targets) runinfo.Targets {
	known.Merge(runinfo.Targets{APIs: s.origins.List()})
	return known
}

func see(values map[string]bool, value string) {
	if value != "" && len(values) < maxSeen {
		values[value] = true
	}
}

// fill puts what was measured into a record and its instance.
func (s *samples) fill(record *runrecord.Record, instance *runrecord.Instance) {
	s.builder.Fill(record, instance)
	instance.Connection.TLS, instance.Connection.Protocols = sortedCopy(s.tls), sortedCopy(s.protocols)
}
