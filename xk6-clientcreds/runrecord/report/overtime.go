package report

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// curve is one line of a chart over time.
type curve struct {
	line

	group  *group
	series []*runrecord.Series // whose values are added up
	value  func(*runrecord.Values) float64
	// each says that values are divided by the time in which they were counted, and are 0 where there
	// are not samples.
	each bool
	// owners are whose the series are, of which the average is shown; nil for a sum.
	owners []int
}

// overTime makes a chart of curves; nil when there is nothing to draw.
func overTime(id, title, note string, units []unit, curves ...curve) *chart {
	curves = slices.DeleteFunc(curves, func(c curve) bool { return len(c.series) == 0 })
	if len(curves) == 0 {
		return nil
	}
	var interval, seconds int64 = 1, 1
	for _, c := range curves {
		interval, seconds = max(interval, c.group.record.Interval), max(seconds, c.group.seconds())
	}
	for seconds/interval >= chartPoints {
		interval *= 2
	}
	c := timeChart(units, curves, interval, seconds)
	// A run can be too short for a rate.
	var drawn []curve
	for i, l := range c.Lines {
		if l.any() {
			drawn = append(drawn, curves[i])
		}
	}
	if len(drawn) == 0 {
		return nil
	}
	c.Lines, curves = slices.DeleteFunc(c.Lines, func(l line) bool { return !l.any() }), drawn
	c.ID, c.Title, c.Note = id, title, note
	c.widen()
	if s := curves[0].group; s.name == "" && len(s.runs) == 1 {
		c.Start = s.begin
	}
	// The table has the same in larger steps, not every nth point: percentiles are of all samples.
	step := interval
	for seconds/step >= chartRows {
		step *= 2
	}
	rows := timeChart(units, curves, step, seconds)
	rows.Title = title
	c.Table = tabulate(rows, func(n number) string { return clock(int64(n)) }, "from", 1)
	c.Table.Caption += ", each " + time.Duration(step*int64(time.Second)).String() + " from the start"
	return c
}

func timeChart(units []unit, curves []curve, interval, seconds int64) *chart {
	c := &chart{X: axisTime, Step: interval, Units: units}
	for at := int64(0); at < seconds; at += interval {
		c.At = append(c.At, number(at))
	}
	for _, curve := range curves {
		l := curve.line
		l.Values = curve.values(interval, len(c.At))
		c.Lines = append(c.Lines, l)
	}
	return c
}

// widen gives a chart of a single point an end, without which nobody could tell how wide the axis is.
func (c *chart) widen() {
	if len(c.At) != 1 {
		return
	}
	c.At = append(c.At, c.At[0]+number(c.Step))
	for i := range c.Lines {
		c.Lines[i].Values = append(c.Lines[i].Values, number(math.NaN()))
	}
}

// values returns the values of each interval from the beginning; NaN where there are none.
func (c curve) values(interval int64, n int) []number {
	sums, owners := make([]number, n), make([]map[int]bool, n)
	for at, s := range c.series {
		for _, p := range s.Every(interval, c.group.begin) {
			i := int((p.Unix - c.group.begin) / interval)
			if i >= n {
				break
			}
			if owners[i] == nil {
				owners[i] = make(map[int]bool)
			}
			sums[i] += number(c.value(p.Values))
			if c.owners != nil {
				owners[i][c.owners[at]] = true
			}
		}
	}
	if c.each {
		return c.rates(sums, interval)
	}
	for i := range sums {
		switch {
		case owners[i] == nil:
			sums[i] = number(math.NaN())
		case c.owners != nil:
			sums[i] /= number(len(owners[i]))
		}
	}
	return sums
}

// rates divide the count of each interval by the time that the runs covered of it. The first and the last interval
// are seldom covered as a whole: as if they were, a constant load would rise at first, and fall in the end. What was
// counted in less than half of the first, such as all cold tokens, is shown on average with the second. There is no
// rate in less than half of any other.
func (c curve) rates(sums []number, interval int64) []number {
	half := float64(interval) / 2 * float64(len(c.group.runs))
	rates := make([]number, len(sums))
	for i, sum := range sums {
		covered := c.group.covered(int64(i)*interval, interval)
		if i == 0 && covered < half && len(sums) > 1 {
			sum, covered = sum+sums[1], covered+c.group.covered(interval, interval)
		}
		if covered < half {
			rates[i] = number(math.NaN())
			continue
		}
		rates[i] = sum / number(covered)
	}
	return rates
}

// counts is a counter over time, per second.
func (g *group) counts(name, label string) curve {
	return curve{
		line: line{Label: g.label(label), Kind: lines}, group: g, series: g.named(name), each: true,
		value: (*runrecord.Values).Count,
	}
}

// nonzeros is how many samples of a rate are not zero, per second.
func (g *group) nonzeros(name, label string) curve {
	c := g.counts(name, label)
	c.value = func(v *runrecord.Values) float64 { return float64(v.Nonzero) }
	return c
}

// zeros is how many samples of a rate are zero, per second.
func (g *group) zeros(name, label string) curve {
	c := g.counts(name, label)
	c.value = func(v *runrecord.Values) float64 { return float64(v.Samples - v.Nonzero) }
	return c
}

// quantiles returns the quantiles of a trend over time.
func (g *group) quantiles(name string, quantiles ...quantile) []curve {
	var curves []curve
	for _, q := range quantiles {
		curves = append(curves, curve{
			line: line{Label: g.label(q.label), Kind: lines}, group: g, series: g.named(name),
			value: func(v *runrecord.Values) float64 { return v.Quantile(q.q) },
		})
	}
	return curves
}

// gauge is a gauge over time: of all instances of a run together, and of several runs the average.
func (g *group) gauge(name, label string) curve {
	c := curve{
		line: line{Label: g.label(label), Kind: lines}, group: g,
		value: func(v *runrecord.Values) float64 { return v.Last },
	}
	for run, r := range g.aligned {
		for _, i := range r.Instances {
			if series := i.Series[name]; series != nil {
				c.series, c.owners = append(c.series, series), append(c.owners, run)
			}
		}
	}
	return c
}

// perProcess makes the average of a gauge one of the processes instead of the runs.
func (c curve) perProcess() curve {
	for i := range c.owners {
		c.owners[i] = i
	}
	return c
}

func (g *group) named(name string) []*runrecord.Series {
	if series := g.record.Series[name]; series != nil {
		return []*runrecord.Series{series}
	}
	return nil
}

// by are the curves of the parts of a series, name{tag:value}, in the order of the values.
func (g *group) by(name, tag string, of func(name, label string) curve) []curve {
	prefix := name + "{" + tag + ":"
	var names []string
	for full := range g.record.Series {
		if strings.HasPrefix(full, prefix) {
			names = append(names, full)
		}
	}
	slices.Sort(names)
	var curves []curve
	for _, full := range names {
		curves = append(curves, of(full, strings.TrimSuffix(strings.TrimPrefix(full, prefix), "}")))
	}
	return curves
}

// paint gives lines the colors and dashes from the nth on.
func paint(from int, curves ...curve) []curve {
	for i := range curves {
		curves[i].Color, curves[i].Dash = (from+i)%colors, from+i
	}
	return curves
}

// right puts curves on the right axis.
func right(kind string, curves ...curve) []curve {
	for i := range curves {
		curves[i].Axis, curves[i].Kind = 1, kind
	}
	return curves
}

// quantile is one that is shown.
type quantile struct {
	label string
	q     float64
}

var p50, p90, p95, p99 = quantile{"p50", 0.5}, quantile{"p90", 0.9}, quantile{"p95", 0.95}, quantile{"p99", 0.99}
