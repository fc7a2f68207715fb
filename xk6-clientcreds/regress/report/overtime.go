package report

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// curve is one line of a chart over time.
type curve struct {
	line

	side   *side
	series []*regress.Series // whose values are added up
	value  func(*regress.Values) float64
	// each says that values are divided by the time and the number of runs, and are 0 where there
	// are no samples.
	each bool
}

// overTime makes a chart of curves; nil when there is nothing to draw.
func overTime(id, title, note string, units []unit, curves ...curve) *chart {
	curves = slices.DeleteFunc(curves, func(c curve) bool { return len(c.series) == 0 })
	if len(curves) == 0 {
		return nil
	}
	var interval, seconds int64 = 1, 1
	for _, c := range curves {
		interval, seconds = max(interval, c.side.record.Interval), max(seconds, c.side.seconds())
	}
	for seconds/interval >= chartPoints {
		interval *= 2
	}
	c := timeChart(units, curves, interval, seconds)
	if !c.drawn() {
		return nil
	}
	c.ID, c.Title, c.Note = id, title, note
	if s := curves[0].side; s.name == "" && len(s.runs) == 1 {
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

// values are those of each interval from the begin on.
func (c curve) values(interval int64, n int) []number {
	values := make([]number, n)
	for i := range values {
		values[i] = number(math.NaN())
		if c.each && c.covered(int64(i)*interval, interval) > 0 {
			values[i] = 0
		}
	}
	for _, s := range c.series {
		for _, p := range s.Every(interval, c.side.begin) {
			i := int((p.Unix - c.side.begin) / interval)
			if i >= n {
				break
			}
			switch value := number(c.value(p.Values)); {
			case c.each:
				values[i] += value / number(c.covered(int64(i)*interval, interval)*float64(len(c.side.runs)))
			case math.IsNaN(float64(values[i])):
				values[i] = value
			default:
				values[i] += value
			}
		}
	}
	return values
}

// covered is how much of an interval the test ran, in seconds. Of the last one it is 0 when it is less
// than half, of which a rate would say little. The first one counts, since that is when all cold
// tokens are asked for; it is at least a half, so that few requests in no time are no high rate.
func (c curve) covered(from, interval int64) float64 {
	begin := time.Unix(c.side.begin, 0)
	at := func(t time.Time) float64 { return t.Sub(begin).Seconds() }
	run, half := c.side.record.Run, float64(interval)/2
	covered := min(float64(from+interval), at(run.End)) - max(float64(from), at(run.Start))
	switch {
	case covered >= half:
		return covered
	case from == 0:
		return half
	default:
		return 0
	}
}

// counts is a counter over time, per second.
func (s *side) counts(name, label string) curve {
	return curve{
		line: line{Label: s.label(label), Kind: lines}, side: s, series: s.named(name), each: true,
		value: (*regress.Values).Count,
	}
}

// nonzeros is how many samples of a rate are not zero, per second.
func (s *side) nonzeros(name, label string) curve {
	c := s.counts(name, label)
	c.value = func(v *regress.Values) float64 { return float64(v.Nonzero) }
	return c
}

// zeros is how many samples of a rate are zero, per second.
func (s *side) zeros(name, label string) curve {
	c := s.counts(name, label)
	c.value = func(v *regress.Values) float64 { return float64(v.Samples - v.Nonzero) }
	return c
}

// quantiles are those of a trend over time.
func (s *side) quantiles(name string, quantiles ...quantile) []curve {
	var curves []curve
	for _, q := range quantiles {
		curves = append(curves, curve{
			line: line{Label: s.label(q.label), Kind: lines}, side: s, series: s.named(name),
			value: func(v *regress.Values) float64 { return v.Quantile(q.q) },
		})
	}
	return curves
}

// gauge is a gauge over time, of all instances together.
func (s *side) gauge(name, label string) curve {
	c := curve{
		line: line{Label: s.label(label), Kind: lines}, side: s,
		value: func(v *regress.Values) float64 { return v.Last / float64(len(s.runs)) },
	}
	for _, i := range s.record.Instances {
		if series := i.Series[name]; series != nil {
			c.series = append(c.series, series)
		}
	}
	return c
}

func (s *side) named(name string) []*regress.Series {
	if series := s.record.Series[name]; series != nil {
		return []*regress.Series{series}
	}
	return nil
}

// by are the curves of the parts of a series, name{tag:value}, in the order of the values.
func (s *side) by(name, tag string, of func(name, label string) curve) []curve {
	prefix := name + "{" + tag + ":"
	var names []string
	for full := range s.record.Series {
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

// paint gives lines the colours and dashes from the nth on.
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
