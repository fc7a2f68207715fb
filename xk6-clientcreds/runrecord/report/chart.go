package report

import (
	"math"
	"slices"
)

// chart is a drawing, and its table. JavaScript reads what has a name in JSON.
type chart struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Note says what there is to see.
	Note string `json:"-"`
	// X is the kind of the x axis: time (seconds since the start), log (milliseconds), share
	// (milliseconds), percentile (1/(1-q), for the quantile q) or runs (whose names are the labels).
	X string `json:"x"`
	// Start is the Unix time of 0 s, where there is one.
	Start int64 `json:"start,omitempty"`
	// Step is the time between two x of a time axis.
	Step int64 `json:"step,omitempty"`
	// Units are the units of the left and of the right axis; without lines on the right there is one.
	Units []unit   `json:"units"`
	At    []number `json:"at"`
	Lines []line   `json:"lines"`
	// Labels are the names of the runs, and Marks the indexes of those at which something changed.
	Labels []string `json:"labels,omitempty"`
	Marks  []int    `json:"marks,omitempty"`
	Table  *table   `json:"-"`
}

// line is one line of a chart.
type line struct {
	Label string `json:"label"`
	// Kind is line, bars (stacked on each other), steps, points or levels.
	Kind string `json:"kind"`
	// Axis is 0 for the left, 1 for the right.
	Axis int `json:"axis"`
	// Color is the number of a color, and Dash the number of a dash: lines differ in both.
	Color  int      `json:"color"`
	Dash   int      `json:"dash"`
	Values []number `json:"values"`
}

const (
	lines  = "line"
	bars   = "bars"
	steps  = "steps"
	points = "points"
	levels = "levels"
)

// The kinds of x axes.
const (
	axisTime       = "time"
	axisLog        = "log"
	axisShare      = "share"
	axisPercentile = "percentile"
	axisRuns       = "runs"
)

// colors is how many there are in the style.
const colors = 8

const (
	// chartRows bounds the rows of a chart's table.
	chartRows = 30
	// chartPoints bounds the points of a line over time, whatever a record says of its times.
	chartPoints = 4000
)

// any reports whether the line has a value to draw.
func (l line) any() bool {
	return slices.ContainsFunc(l.Values, func(v number) bool { return !math.IsNaN(float64(v)) })
}

// flat reports whether all values of the chart are 0: then there is nothing to see.
func (c *chart) flat() bool {
	return !slices.ContainsFunc(c.Lines, func(l line) bool {
		return slices.ContainsFunc(l.Values, func(v number) bool { return v != 0 && !math.IsNaN(float64(v)) })
	})
}

// tabulate makes the chart's table of the same values: of each x, or of some of them.
func tabulate(c *chart, x func(number) string, head string, every int) *table {
	t := &table{Caption: c.Title, Columns: []string{head}}
	for _, l := range c.Lines {
		t.Columns = append(t.Columns, l.Label)
	}
	for i := 0; i < len(c.At); i += every {
		cells := []string{x(c.At[i])}
		for _, l := range c.Lines {
			cells = append(cells, c.Units[l.Axis].format(float64(l.Values[i])))
		}
		t.add(cells...)
	}
	return t
}
