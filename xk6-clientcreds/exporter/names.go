package exporter

import (
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"
)

// prefix begins the name of every metric served, as with k6's own remote-write output.
const prefix = "k6_"

// Suffixes of the names. Remote write has all of them except for the pair of counters of a Rate.
const (
	suffixCounter     = "_total"
	suffixRate        = "_rate"
	suffixRateSamples = "_samples_total"
	suffixRateNonzero = "_nonzero_total"
)

// unitSuffix is how the name of a Trend ends: with its base unit.
func unitSuffix(m *metrics.Metric) string {
	switch m.Contains {
	case metrics.Time:
		return "_seconds"
	case metrics.Data:
		return "_bytes"
	default:
		return ""
	}
}

// baseUnitFactor turns the values of a Trend into base units: k6 has milliseconds and bytes.
func baseUnitFactor(m *metrics.Metric) float64 {
	if m.Contains == metrics.Time {
		return 1e-3
	}
	return 1
}

// suffixes returns the suffixes of a metric's name, one for each family in which it is served.
func suffixes(m *metrics.Metric) []string {
	switch m.Type {
	case metrics.Counter:
		return []string{suffixCounter}
	case metrics.Rate:
		return []string{suffixRate, suffixRateSamples, suffixRateNonzero}
	case metrics.Trend:
		return []string{unitSuffix(m)}
	default:
		return []string{""}
	}
}

// servedTypes returns the types of these families.
func servedTypes(m *metrics.Metric) []dto.MetricType {
	switch m.Type {
	case metrics.Counter:
		return []dto.MetricType{dto.MetricType_COUNTER}
	case metrics.Rate:
		return []dto.MetricType{dto.MetricType_GAUGE, dto.MetricType_COUNTER, dto.MetricType_COUNTER}
	case metrics.Trend:
		return []dto.MetricType{dto.MetricType_HISTOGRAM}
	default:
		return []dto.MetricType{dto.MetricType_GAUGE}
	}
}

// servedNames returns the names with which a metric is served if no other metric has them.
func servedNames(m *metrics.Metric) []string {
	var names []string
	for _, suffix := range suffixes(m) {
		names = append(names, prefix+sanitizeName(m.Name)+suffix)
	}
	return names
}

// namer gives out metric names, each to one metric. It is not safe for concurrent use.
type namer struct {
	log   logrus.FieldLogger
	taken map[string]string // who has a name
}

// newNamer keeps the names of the exporter's own metrics for these.
func newNamer(log logrus.FieldLogger) *namer {
	n := &namer{log: log, taken: make(map[string]string)}
	for _, own := range ownMetrics() {
		n.taken[own.name] = "one of the exporter's own"
		n.taken[strings.TrimSuffix(own.name, suffixCounter)] = "one of the exporter's own"
	}
	return n
}

// base returns the name of m without its suffix. It is k6_ and the name, except where a script has
// metrics whose families would collide, such as a Counter x and a Gauge x_total: then the later one
// gets a number.
func (n *namer) base(m *metrics.Metric) string {
	want := prefix + sanitizeName(m.Name)
	base := want
	for i := 2; n.owner(base, m) != ""; i++ {
		base = want + "_" + strconv.Itoa(i)
	}
	if base != want {
		n.log.Warnf("metric %q would collide with %s and is served as %q",
			m.Name, n.owner(want, m), base+suffixes(m)[0])
	}
	for _, name := range claims(base, m) {
		n.taken[name] = strconv.Quote(m.Name)
	}
	return base
}

// sanitizeName leaves names that k6's registry admits as they are. A Go extension may have others.
func sanitizeName(name string) string {
	if model.LegacyValidation.IsValidMetricName(name) && !strings.Contains(name, ":") {
		return name
	}
	return sanitize(name)
}

// owner returns the metric that already has one of the names that m would have, or "".
func (n *namer) owner(base string, m *metrics.Metric) string {
	for _, name := range claims(base, m) {
		if owner := n.taken[name]; owner != "" {
			return owner
		}
	}
	return ""
}

// claims are the names that nothing else may have when m is called base. Histograms make series of
// their own, and OpenMetrics knows counters without _total.
func claims(base string, m *metrics.Metric) []string {
	var names []string
	for _, suffix := range suffixes(m) {
		name := base + suffix
		names = append(names, name)
		if family, counter := strings.CutSuffix(name, suffixCounter); counter {
			names = append(names, family, family+"_created")
		}
		if m.Type == metrics.Trend {
			names = append(names, name+"_bucket", name+"_sum", name+"_count", name+"_created")
		}
	}
	return names
}
