package exporter

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/mstoykov/atlas"
	dto "github.com/prometheus/client_model/go"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"
	"google.golang.org/protobuf/proto"
)

// labelFilter says which labels are served.
type labelFilter struct {
	nameFilter

	url bool // keep url where there is name
}

// labeler turns k6 tags into Prometheus labels. It is not safe for concurrent use.
type labeler struct {
	filter labelFilter
	log    logrus.FieldLogger
	names  map[string]string // label of a tag; "" when it is not served
	owners map[string]string // tag of a label
}

func newLabeler(filter labelFilter, log logrus.FieldLogger) *labeler {
	return &labeler{filter: filter, log: log, names: make(map[string]string), owners: make(map[string]string)}
}

// labels returns the label pairs of a tag set in the order of their names. Empty values are left
// out: to Prometheus, a label without a value does not exist.
func (l *labeler) labels(tags *metrics.TagSet) []*dto.LabelPair {
	return l.labelsOf(func(yield func(tag, value string)) {
		for n := (*atlas.Node)(tags); n != nil && !n.IsRoot(); {
			previous, tag, value := n.Data()
			yield(tag, value)
			n = previous
		}
	})
}

// labelsOfMap is labels for tags that are not a TagSet.
func (l *labeler) labelsOfMap(tags map[string]string) []*dto.LabelPair {
	return l.labelsOf(func(yield func(tag, value string)) {
		for tag, value := range tags {
			yield(tag, value)
		}
	})
}

func (l *labeler) labelsOf(each func(yield func(tag, value string))) []*dto.LabelPair {
	type tag struct{ name, value string }
	var tags []tag
	named := false
	each(func(name, value string) {
		if value == "" {
			return
		}
		named = named || name == metrics.TagName.String()
		tags = append(tags, tag{name, value})
	})
	// In a fixed order, so that names that collide get the same label whatever tag came first.
	slices.SortFunc(tags, func(a, b tag) int { return cmp.Compare(a.name, b.name) })
	pairs := make([]*dto.LabelPair, 0, len(tags))
	for _, t := range tags {
		if named && !l.filter.url && t.name == metrics.TagURL.String() {
			continue
		}
		if label := l.name(t.name); label != "" {
			pairs = append(pairs, &dto.LabelPair{
				Name:  proto.String(label),
				Value: proto.String(strings.ToValidUTF8(t.value, "\uFFFD")),
			})
		}
	}
	slices.SortFunc(pairs, func(a, b *dto.LabelPair) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return pairs
}

// name returns the label name of a tag, or "" when the tag is not served. Two tags that come down
// to one label name get different ones, the second a number.
func (l *labeler) name(tag string) string {
	label, known := l.names[tag]
	if known {
		return label
	}
	if base := sanitize(tag); l.filter.keeps(base) {
		label = base
		for n := 2; l.owners[label] != ""; n++ {
			label = base + "_" + strconv.Itoa(n)
		}
		if label != base {
			l.log.Warnf("tags %q and %q both make the label %q; the second is served as %q",
				l.owners[base], tag, base, label)
		}
		l.owners[label] = tag
	}
	l.names[tag] = label
	return label
}

// sanitize makes a tag name a label name that every Prometheus takes: [a-zA-Z_][a-zA-Z0-9_]*,
// not beginning with "__", which is Prometheus's own, and not a label that formats use.
func sanitize(tag string) string {
	label := strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, tag)
	switch {
	case label == "", label == "_", strings.HasPrefix(label, "__"), '0' <= label[0] && label[0] <= '9',
		label == "le", label == "quantile":
		return "tag_" + label
	}
	return label
}

// signature identifies a list of labels.
func signature(labels []*dto.LabelPair) string {
	var s strings.Builder
	for _, pair := range labels {
		s.WriteString(pair.GetName())
		s.WriteByte(0xFF) // in no UTF-8 text
		s.WriteString(pair.GetValue())
		s.WriteByte(0xFF)
	}
	return s.String()
}

// compareLabels is the order in which client_golang serves the series of a metric.
func compareLabels(a, b []*dto.LabelPair) int {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	for i := range a {
		if order := cmp.Compare(a[i].GetValue(), b[i].GetValue()); order != 0 {
			return order
		}
	}
	return 0
}
