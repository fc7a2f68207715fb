package runrecord

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// maxPoints bounds the points of a series. A run of up to half an hour has one for each second; the
// interval of longer ones doubles until they fit.
const maxPoints = 1800

// Series is a metric, or a part of it, over time.
type Series struct {
	Type     Type   `json:"type"`
	Contains string `json:"contains"`
	// Points are in the order of time. Intervals without samples have none.
	Points []Point `json:"points"`
}

// Point is the sum of the samples of one interval.
type Point struct {
	// Unix is when the interval begins, in seconds since 1970. It is a multiple of the interval.
	Unix   int64
	Values *Values
}

// Time is when the interval begins.
func (p Point) Time() time.Time { return time.Unix(p.Unix, 0).UTC() }

type pointDocument struct {
	Unix int64 `json:"t"`
	document
}

// MarshalJSON implements json.Marshaler.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(pointDocument{p.Unix, p.Values.document()})
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Point) UnmarshalJSON(data []byte) error {
	var d pointDocument
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	values, err := d.values()
	if err == nil {
		*p = Point{d.Unix, values}
	}
	return err
}

// Every returns the points from a time on with a longer interval: each is the sum of the points
// in it. The series, which must be one that Merge made, stays as it is.
func (s *Series) Every(interval, from int64) []Point {
	line := newTimeline(s.Type, s.Contains, s.accuracy())
	for _, p := range s.Points {
		if p.Unix < from {
			continue
		}
		p.Unix = from + floor(p.Unix-from, interval)
		if err := line.merge([]Point{p}, 1); err != nil {
			panic(err) // Merge has refused points of other types and accuracies
		}
	}
	return line.series().Points
}

// timeline makes a series.
type timeline struct {
	Series

	precision float64 // of the sketches
	compact   bool    // the sketches: only for samples of this process, because of what compactSketch says
	points    map[int64]*Values
	last      int64 // the point of the last sample: most are in the same
	values    *Values
}

func newTimeline(t Type, contains string, accuracy float64) *timeline {
	return &timeline{
		Series: Series{Type: t, Contains: contains}, precision: accuracy, points: make(map[int64]*Values),
	}
}

// accuracy is the accuracy of the sketches of the points.
func (s *Series) accuracy() float64 {
	for _, p := range s.Points {
		if p.Values != nil && p.Values.Sketch != nil {
			return p.Values.Sketch.accuracy
		}
	}
	return SeriesAccuracy
}

// observe adds a sample. The interval may only grow from one to the next, and by coarsen.
func (l *timeline) observe(value float64, at time.Time, interval int64) {
	unix := floor(at.Unix(), interval)
	if unix != l.last || l.values == nil {
		l.last = unix
		l.values = l.points[unix]
		if l.values == nil {
			l.values = l.newPoint()
			l.points[unix] = l.values
		}
	}
	l.values.observe(value, at)
}

func (l *timeline) newPoint() *Values {
	v := newValues(l.Type, l.precision)
	if l.compact && v.Sketch != nil {
		v.Sketch = compactSketch(l.precision)
	}
	return v
}

// merge adds points, whatever their interval was.
func (l *timeline) merge(points []Point, interval int64) error {
	for _, p := range points {
		unix := floor(p.Unix, interval)
		if l.points[unix] == nil {
			l.points[unix] = l.newPoint()
		}
		if err := l.points[unix].merge(p.Values); err != nil {
			return err
		}
	}
	return nil
}

// coarsen makes the interval longer.
func (l *timeline) coarsen(interval int64) error {
	old := l.series().Points
	l.points, l.values = make(map[int64]*Values), nil
	return l.merge(old, interval)
}

// series is the series as it is.
func (l *timeline) series() *Series {
	s := l.Series
	s.Points = make([]Point, 0, len(l.points))
	for _, unix := range slices.Sorted(maps.Keys(l.points)) {
		s.Points = append(s.Points, Point{unix, l.points[unix]})
	}
	return &s
}

// floor rounds down to a multiple of the interval.
func floor(unix, interval int64) int64 { return unix - unix%interval }

// span is the time that points cover.
type span struct{ first, last int64 }

func (s *span) include(unix int64) {
	if *s == (span{}) {
		*s = span{unix, unix}
	}
	s.first, s.last = min(s.first, unix), max(s.last, unix)
}

// interval returns the shortest interval, of at least that, with which the points are few enough.
func (s *span) interval(least int64) int64 {
	interval := cmp.Or(least, 1)
	for (floor(s.last, interval)-floor(s.first, interval))/interval >= maxPoints {
		interval *= 2
	}
	return interval
}
