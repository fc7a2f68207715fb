package exporter

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/sirupsen/logrus"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// exposition answers scrapes with one series after the other. promhttp gathers all series before it encodes a metric
// with all of them: with many series, virtual users would wait for that, and for the collector of its garbage.
type exposition struct {
	store    *store
	others   prometheus.Gatherer // of the other metrics, which have few series
	log      logrus.FieldLogger
	fallback http.Handler // promhttp's: answers in other formats, and filters by name[]
}

func (x exposition) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	format := expfmt.NegotiateIncludingOpenMetrics(r.Header)
	if !streamed(format) || r.URL.Query().Has("name[]") {
		x.fallback.ServeHTTP(w, r)
		return
	}
	families := x.store.snapshot()
	others, err := x.others.Gather()
	if err != nil {
		x.log.Warnf("error gathering metrics: %v", err)
		if len(families)+len(others) == 0 {
			http.Error(w, "An error has occurred while serving metrics:\n\n"+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", string(format))
	kind := format.FormatType()
	delimited := kind == expfmt.TypeProtoDelim
	x.write(&stream{w: w, format: format, delimited: delimited, turns: x.store.turns, log: x.log}, families, others)
	if kind == expfmt.TypeOpenMetrics {
		_, _ = expfmt.FinalizeOpenMetrics(w) // errors of the connection are the watch's: see hangups
	}
}

// write writes all metrics in the order of their names. A Rate has its first name for all of its families.
func (x exposition) write(to *stream, families []family, others []*dto.MetricFamily) {
	slices.SortFunc(families, func(a, b family) int { return cmp.Compare(a.names[0], b.names[0]) })
	for _, f := range families {
		for len(others) > 0 && others[0].GetName() < f.names[0] {
			to.family(others[0])
			others = others[1:]
		}
		to.series(f)
	}
	for _, other := range others {
		to.family(other)
	}
}

// stream is an answer in one of the formats.
type stream struct {
	w         io.Writer
	format    expfmt.Format
	delimited bool // protocol buffers, not text
	turns     *turns
	log       logrus.FieldLogger
}

// series writes a metric of k6, which has a family for each of its names.
func (s *stream) series(f family) {
	encoders := make([]*encoder, len(f.headers))
	for i, header := range f.headers {
		encoders[i] = s.newEncoder(header)
	}
	written := resize[dto.Metric](nil, len(f.headers))
	for _, series := range f.series {
		series.write(written)
		for i, encoder := range encoders {
			encoder.add(written[i])
		}
		if len(encoders) == 1 { // families do not mix
			encoders[0].flush()
		}
		s.turns.take()
	}
	slices.SortFunc(encoders, func(a, b *encoder) int { return cmp.Compare(a.name, b.name) })
	for _, encoder := range encoders {
		encoder.end()
	}
}

// family writes another metric.
func (s *stream) family(f *dto.MetricFamily) {
	encoder := s.newEncoder(f)
	for _, m := range f.Metric {
		encoder.add(m)
		encoder.flush()
		s.turns.take()
	}
	encoder.end()
}

// partSize is how many bytes are written at a time.
const partSize = 16 << 10

// encoder encodes a family, one metric after the other.
type encoder struct {
	*stream

	name   string
	family *dto.MetricFamily // with one metric
	text   expfmt.Encoder
	header int // bytes before the first metric; 0 until there is one
	buffer *bytes.Buffer
	failed bool
}

// buffers are for families, which can have megabytes.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (s *stream) newEncoder(header *dto.MetricFamily) *encoder {
	buffer := buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // only such pointers are put there
	return &encoder{
		stream: s, name: header.GetName(), buffer: buffer,
		// No name needs escaping, but to find that out takes time.
		text: expfmt.NewEncoder(buffer, s.format.WithEscapingScheme(model.NoEscaping)),
		family: &dto.MetricFamily{
			Name: header.Name, Help: header.Help, Type: header.Type, Unit: header.Unit, Metric: make([]*dto.Metric, 1),
		},
	}
}

// streamed reports whether an encoder knows the format.
func streamed(format expfmt.Format) bool {
	kinds := []expfmt.FormatType{expfmt.TypeProtoDelim, expfmt.TypeTextPlain, expfmt.TypeOpenMetrics}
	return slices.Contains(kinds, format.FormatType())
}

// add appends a metric. One bad metric does not hide the others.
func (e *encoder) add(m *dto.Metric) {
	before := e.buffer.Len()
	e.family.Metric[0] = m
	err := e.encode(before)
	if err == nil {
		return
	}
	e.buffer.Truncate(before)
	if !e.failed {
		e.failed = true
		e.log.Warnf("error encoding metric %s: %v", e.name, err)
	}
}

func (e *encoder) encode(before int) error {
	if e.delimited {
		return e.appendMessage()
	}
	if err := e.text.Encode(e.family); err != nil {
		return err
	}
	added := e.buffer.Bytes()[before:]
	if e.header == 0 {
		e.header = commentLines(added)
		return nil
	}
	copy(added, added[e.header:])
	e.buffer.Truncate(e.buffer.Len() - e.header)
	return nil
}

// commentLines returns how many bytes the lines at the beginning have that are comments.
func commentLines(text []byte) int {
	length := 0
	for bytes.HasPrefix(text[length:], []byte("# ")) {
		length += bytes.IndexByte(text[length:], '\n') + 1
	}
	return length
}

// appendMessage appends the family, and without its name later. A message of protocol buffers can be put together from
// messages with a part of its fields each.
func (e *encoder) appendMessage() error {
	message, err := proto.MarshalOptions{}.MarshalAppend(e.buffer.AvailableBuffer(), e.family)
	if err != nil {
		return err
	}
	e.buffer.Write(message)
	e.family.Name, e.family.Help, e.family.Type, e.family.Unit = nil, nil, nil, nil
	return nil
}

// flush writes what is encoded if that is much text. A delimited message begins with its length, so it is written at
// the end.
func (e *encoder) flush() {
	if e.buffer.Len() >= partSize && !e.delimited {
		e.write()
	}
}

// end writes the rest of the family.
func (e *encoder) end() {
	if e.delimited && e.buffer.Len() > 0 {
		_, _ = e.w.Write(protowire.AppendVarint(nil, uint64(e.buffer.Len()))) // #nosec G115 -- a length
	}
	e.write()
	buffers.Put(e.buffer)
}

// write writes what is encoded, in parts: others have their turns while it is compressed.
func (e *encoder) write() {
	for part := range slices.Chunk(e.buffer.Bytes(), partSize) {
		_, _ = e.w.Write(part)
	}
	e.buffer.Reset()
}
