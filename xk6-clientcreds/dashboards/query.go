package dashboards

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// The label matchers of the variables. A series has the labels of the first set if Prometheus scrapes it, of the second
// set if it comes from the exporter, the labels of the third set if a virtual user made it, and of the fourth set if a
// Client made it. A run without a tag testid has all tests: the value for all matches the absence of the label.
const (
	ofTarget   = `job=~"$job",instance=~"$instance"`
	ofRun      = ofTarget + `,testid=~"$testid"`
	ofScenario = ofRun + `,scenario=~"$scenario"`
	ofClient   = ofScenario + `,client=~"$client"`
	// k6 says that a request without an answer took 0 ms. The module's own metrics do not count it.
	ofAnswers = ofScenario + `,status!="0"`
)

// The windows of queries: window is one that moves along a graph and is never shorter than four
// scrapes, wholeRun is everything that the dashboard shows, and step is how far the points of a graph
// are apart, which is never less than a scrape. Without a step Prometheus takes its rules' interval,
// which may be longer than a run.
const (
	window   = "$__rate_interval"
	wholeRun = "$__range"
	step     = "$__interval"
)

// perSecond is the rate of a counter in the window, added up over all series or by labels.
func perSecond(counter, matchers string, by ...string) string {
	return fmt.Sprintf("%s (rate(%s{%s}[%s]))", sum(by), counter, matchers, window)
}

// total is the value of a counter at the end of the time range. Counters begin at zero with the
// run, so this is exact, where increase() misses what happened before the first scrape.
func total(counter, matchers string, by ...string) string {
	return fmt.Sprintf("%s (last_over_time(%s{%s}[%s]))", sum(by), counter, matchers, wholeRun)
}

// last is a gauge as it was at the end of the time shown.
func last(gauge, matchers string) string {
	return fmt.Sprintf("last_over_time(%s{%s}[%s])", gauge, matchers, wholeRun)
}

// orZero makes a total that has not begun to count 0, but only where there is a run: no data must
// not look like no errors. orZeroNow is the same for a curve.
func orZero(expr string) string {
	return fmt.Sprintf("%s or 0 * sum (%s)", expr, last(anyRun, ofRun))
}

func orZeroNow(expr string) string {
	return fmt.Sprintf("%s or 0 * sum (%s{%s})", expr, anyRun, ofRun)
}

// elseZero is orZeroNow for several curves: the zero is there only when none of them is.
func elseZero(expr string) string {
	return fmt.Sprintf("%s or (0 * sum (%s{%s}) unless on () %s)", expr, anyRun, ofRun, expr)
}

// quantile is the q-quantile of a trend in the window. The trend's native histogram answers where
// Prometheus has it, else its classic buckets.
func quantile(q float64, trend, matchers string, by ...string) string {
	return eitherHistogram(func(series string, by []string) string {
		return fmt.Sprintf("histogram_quantile(%s, %s (rate(%s{%s}[%s])))", number(q), sum(by), series, matchers, window)
	}, trend, by)
}

// quantileOfRun is the q-quantile over the whole run, as k6's summary has it.
func quantileOfRun(q float64, trend, matchers string) string {
	return eitherHistogram(func(series string, by []string) string {
		return fmt.Sprintf("histogram_quantile(%s, %s (last_over_time(%s{%s}[%s])))", number(q), sum(by), series, matchers,
			wholeRun)
	}, trend, nil)
}

func eitherHistogram(expr func(series string, by []string) string, trend string, by []string) string {
	buckets := append(append([]string{}, by...), "le")
	return expr(trend, by) + " or " + expr(trend+"_bucket", buckets)
}

// heat is the histogram of a trend in the window, for a heatmap.
func heat(trend, matchers string) string {
	native := fmt.Sprintf("sum (rate(%s{%s}[%s]))", trend, matchers, window)
	classic := fmt.Sprintf("sum by (le) (rate(%s_bucket{%s}[%s]))", trend, matchers, window)
	return native + " or (" + classic + " unless on () " + native + ")"
}

// timePerSecond is how much of a trend's time the clients spend per second, and countPerSecond how
// many samples it has.
func timePerSecond(trend string) string { return histogramPart("histogram_sum", "_sum", trend) }

func countPerSecond(trend string) string { return histogramPart("histogram_count", "_count", trend) }

func histogramPart(function, suffix, trend string) string {
	return fmt.Sprintf("(%s(sum (rate(%s{%s}[%s]))) or sum (rate(%s%s{%s}[%s])))",
		function, trend, ofClient, window, trend, suffix, ofClient, window)
}

// named gives the series without a label the value that says what its absence means.
func named(expr, label, absent string) string {
	return fmt.Sprintf(`label_replace(%s, %q, %q, %q, "")`, expr, label, absent, label)
}

// ratio is a share, from nothing when there is nothing to share.
func ratio(part, whole string) string {
	return fmt.Sprintf("(%s) / ((%s) > 0)", part, whole)
}

func sum(by []string) string {
	if len(by) == 0 {
		return "sum"
	}
	return "sum by (" + strings.Join(by, ", ") + ")"
}

func number(q float64) string { return strconv.FormatFloat(q, 'g', -1, 64) }

// graph is a query whose series are drawn over time.
func graph(expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Expr(expr).LegendFormat(legend).Range()
}

// instant is a query for one value for each series.
func instant(expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Expr(expr).LegendFormat(legend).Instant()
}

// rows is a query for the rows of a table.
func rows(expr string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Expr(expr).Instant().Format(prometheus.PromQueryFormatTable)
}

// heatmapOf is a query for a heatmap.
func heatmapOf(expr string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Expr(expr).LegendFormat("{{le}}").Range().Format(
		prometheus.PromQueryFormatHeatmap)
}
