package exporter

import (
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/sirupsen/logrus"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// delimited answers scrapes in the format that Prometheus uses for native histograms: delimited protocol buffers.
// promhttp encodes a metric with all its series at once, and virtual users would wait for that. All other scrapes are
// next's.
func delimited(gatherer prometheus.Gatherer, t *turns, log logrus.FieldLogger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		format := expfmt.NegotiateIncludingOpenMetrics(r.Header)
		if format.FormatType() != expfmt.TypeProtoDelim || r.URL.Query().Has("name[]") {
			next.ServeHTTP(w, r)
			return
		}
		families, err := gatherer.Gather()
		if err != nil {
			log.Warnf("error gathering metrics: %v", err)
			if len(families) == 0 {
				http.Error(w, "An error has occurred while serving metrics:\n\n"+err.Error(), http.StatusInternalServerError)
				return
			}
		}
		w.Header().Set("Content-Type", string(format))
		buffer := messages.Get().(*[]byte) //nolint:forcetypeassert // only such pointers are put there
		defer messages.Put(buffer)
		for _, family := range families {
			message, err := appendFamily((*buffer)[:0], family, t)
			*buffer = message
			if err != nil {
				log.Warnf("error encoding metric %s: %v", family.GetName(), err) // one bad metric must not hide the others
				continue
			}
			// Writers do not keep the message. Errors are the watch's: see hangups.
			_, _ = w.Write(protowire.AppendVarint(nil, uint64(len(message))))
			_, _ = w.Write(message)
		}
	})
}

// messages are buffers for metrics with all their series, which can have megabytes.
var messages = sync.Pool{New: func() any { return new([]byte) }}

// appendFamily appends a metric and its series, one after the other. A message of protocol buffers can be put together
// from messages with a part of its fields each.
func appendFamily(to []byte, family *dto.MetricFamily, t *turns) ([]byte, error) {
	part := &dto.MetricFamily{Name: family.Name, Help: family.Help, Type: family.Type, Unit: family.Unit}
	to, err := proto.MarshalOptions{}.MarshalAppend(to, part)
	if err != nil {
		return to, err
	}
	part = &dto.MetricFamily{Metric: make([]*dto.Metric, 1)}
	for _, m := range family.Metric {
		part.Metric[0] = m
		if to, err = (proto.MarshalOptions{}).MarshalAppend(to, part); err != nil {
			return to, err
		}
		t.take()
	}
	return to, nil
}
