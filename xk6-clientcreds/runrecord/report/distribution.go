package report

import (
	"math"
	"strconv"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// trend is the distribution of some samples, and what to call it.
type trend struct {
	label  string
	values *runrecord.Values
}

func (t trend) empty() bool {
	return t.values == nil || t.values.Samples == 0 || t.values.Sketch == nil
}

func withSamples(all []trend) []trend {
	var some []trend
	for _, t := range all {
		if !t.empty() {
			some = append(some, t)
		}
	}
	return some
}

// perDecade is how many bars a histogram has for a factor of ten.
const perDecade = 20

// histogram shows how many of the samples were how long: the share of all in each bar, on an axis
// on which each bar is a tenth longer than the last.
func histogram(id, title string, all ...trend) *chart {
	all = withSamples(all)
	if len(all) == 0 {
		return nil
	}
	shares := make([]map[int]float64, len(all))
	first, last := math.MaxInt, math.MinInt
	for i, t := range all {
		shares[i] = make(map[int]float64)
		t.values.Sketch.Bins(func(value float64, samples int64) {
			bar := barOf(value)
			shares[i][bar] += float64(samples) / float64(t.values.Samples) * 100
			first, last = min(first, bar), max(last, bar)
		})
	}
	c := &chart{ID: id, Title: title, X: axisLog, Units: []unit{percent}}
	for bar := first; bar <= last+1; bar++ {
		c.At = append(c.At, number(math.Pow(10, float64(bar)/perDecade)))
	}
	for i, t := range all {
		l := line{Label: t.label, Kind: steps, Color: i % colors, Dash: i}
		for bar := first; bar <= last+1; bar++ {
			l.Values = append(l.Values, number(shares[i][bar]))
		}
		c.Lines = append(c.Lines, l)
	}
	every := 1 + len(c.At)/(2*chartRows)
	if every > 1 { // bars of the table are bars of the drawing, added up
		c.Table = tabulate(wider(c, every), timeFrom, "from", 1)
	} else {
		c.Table = tabulate(c, timeFrom, "from", 1)
	}
	c.Table.Caption += ": share of the requests that took that long, up to the next row"
	return c
}

// shortest and longest bound the bars: a nanosecond, and more than a year. What is beyond is in the
// outermost.
const (
	shortest = -6 * perDecade
	longest  = 11 * perDecade
)

func barOf(milliseconds float64) int {
	if milliseconds <= 0 {
		return shortest
	}
	return min(max(int(math.Floor(math.Log10(milliseconds)*perDecade)), shortest), longest)
}

func timeFrom(n number) string { return milliseconds.format(float64(n)) }

// wider adds up so many bars to one.
func wider(c *chart, every int) *chart {
	w := *c
	w.At, w.Lines = nil, make([]line, len(c.Lines))
	for i, l := range c.Lines {
		w.Lines[i] = l
		w.Lines[i].Values = nil
		for at := 0; at < len(c.At); at += every {
			var sum number
			for _, v := range l.Values[at:min(at+every, len(l.Values))] {
				sum += v
			}
			w.Lines[i].Values = append(w.Lines[i].Values, sum)
		}
	}
	for at := 0; at < len(c.At); at += every {
		w.At = append(w.At, c.At[at])
	}
	return &w
}

// percentiles shows the quantiles up to the largest sample, as HdrHistogram plots them: each step to
// the right is ten times nearer to all samples, so the tail has room.
func percentiles(id, title string, all ...trend) *chart {
	all = withSamples(all)
	if len(all) == 0 {
		return nil
	}
	var most int64
	for _, t := range all {
		most = max(most, t.values.Samples)
	}
	c := &chart{ID: id, Title: title, X: axisPercentile, Units: []unit{milliseconds}}
	var rows chart
	for i := 0; ; i++ {
		at := math.Pow(10, float64(i)/perDecade)
		c.At = append(c.At, number(at))
		if at >= float64(most) || at >= 1e9 {
			break
		}
	}
	for i, t := range all {
		l := line{Label: t.label, Kind: lines, Color: i % colors, Dash: i}
		for _, at := range c.At {
			l.Values = append(l.Values, number(upTo(t.values, float64(at))))
		}
		c.Lines = append(c.Lines, l)
	}
	rows = chart{Title: title, Units: c.Units}
	for _, q := range []float64{0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1} {
		rows.At = append(rows.At, number(q))
	}
	for i, t := range all {
		l := line{Label: all[i].label}
		for _, q := range rows.At {
			l.Values = append(l.Values, number(t.values.Quantile(float64(q))))
		}
		rows.Lines = append(rows.Lines, l)
	}
	c.Table = tabulate(&rows, func(n number) string {
		return strconv.FormatFloat(float64(n)*100, 'g', 6, 64) + "%"
	}, "percentile", 1)
	return c
}

// upTo is the quantile 1-1/at; none where there are too few samples to tell it from the largest.
func upTo(v *runrecord.Values, at float64) float64 {
	if at > float64(v.Samples)*math.Pow(10, 1.0/perDecade) {
		return math.NaN()
	}
	return v.Quantile(1 - 1/at)
}

// oneLifetime says how long tokens lived if all of them lived as long, and were used soon: a chart would be a vertical
// line. It is "" otherwise.
func oneLifetime(granted, left trend) string {
	if granted.empty() {
		return ""
	}
	longest, least := granted.values.Max, granted.values.Min
	text := "Each token was granted for " + digits(longest/1000) + " s"
	if !left.empty() {
		least = min(least, left.values.Min)
		text += ", and had at least " + digits(left.values.Min/1000) + " s left when it was used"
	}
	if longest-least > 0.1*longest {
		return ""
	}
	return text + "."
}

// lifetimes shows the share of samples that are no longer than each time.
func lifetimes(id, title, note string, all ...trend) *chart {
	all = withSamples(all)
	if len(all) == 0 {
		return nil
	}
	longest := math.Inf(-1)
	shortest := 0.0
	for _, t := range all {
		longest, shortest = max(longest, t.values.Max), min(shortest, t.values.Min)
	}
	const columns = 120
	c := &chart{ID: id, Title: title, Note: note, X: axisShare, Units: []unit{percent}}
	width := max(longest-shortest, 1) / columns
	for i := range columns + 1 {
		c.At = append(c.At, number(shortest+float64(i)*width))
	}
	for i, t := range all {
		l := line{Label: t.label, Kind: lines, Color: i % colors, Dash: i, Values: make([]number, len(c.At))}
		t.values.Sketch.Bins(func(value float64, samples int64) {
			from := int(math.Ceil((min(value, t.values.Max) - shortest) / width))
			for at := max(from, 0); at < len(c.At); at++ {
				l.Values[at] += number(float64(samples) / float64(t.values.Samples) * 100)
			}
		})
		c.Lines = append(c.Lines, l)
	}
	c.Table = tabulate(c, func(n number) string { return digits(float64(n)/1000) + " s" }, "up to", columns/20)
	return c
}
