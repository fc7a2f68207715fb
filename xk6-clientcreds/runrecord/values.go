package runrecord

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// Type is the type of a metric, in k6's words.
type Type string

// The types of metrics.
const (
	Counter Type = "counter"
	Gauge   Type = "gauge"
	Rate    Type = "rate"
	Trend   Type = "trend"
)

// Values is the sum of some samples of a metric. Which fields there are depends on the type.
type Values struct {
	Type    Type
	Samples int64
	// Sum is of counters and trends. Each value is rounded to a multiple of 2⁻²⁰ before it is added,
	// a nanosecond where values are milliseconds: up to 2³³ floating point adds such numbers exactly,
	// and in any order.
	Sum float64
	// Nonzero is of rates: how many samples were not zero.
	Nonzero int64
	// Min and Max are of gauges and trends.
	Min, Max float64
	// Last is of gauges: the sample with the latest time, of several the greatest.
	Last   float64
	LastAt time.Time
	// Sketch is of trends.
	Sketch *Sketch
}

// newValues returns the values without samples. The accuracy is the accuracy of a trend's sketch.
func newValues(t Type, accuracy float64) *Values {
	v := &Values{Type: t}
	if t == Trend {
		v.Sketch = newSketch(accuracy)
	}
	return v
}

const sumResolution = 1 << 20

// observe adds a sample. It must be a number: see Builder.
func (v *Values) observe(value float64, at time.Time) {
	if v.Samples == 0 {
		v.Min, v.Max = value, value
	}
	v.Samples++
	switch v.Type {
	case Counter:
		v.Sum += math.RoundToEven(value*sumResolution) / sumResolution
	case Rate:
		if value != 0 {
			v.Nonzero++
		}
	case Gauge:
		v.Min, v.Max = min(v.Min, value), max(v.Max, value)
		v.last(value, at)
	case Trend:
		v.Sum += math.RoundToEven(value*sumResolution) / sumResolution
		v.Min, v.Max = min(v.Min, value), max(v.Max, value)
		v.Sketch.add(value)
	}
}

func (v *Values) last(value float64, at time.Time) {
	if at.After(v.LastAt) || at.Equal(v.LastAt) && value > v.Last || v.LastAt.IsZero() {
		v.Last, v.LastAt = value, at
	}
}

// merge adds the samples of other.
func (v *Values) merge(other *Values) error {
	if v.Type != other.Type {
		return fmt.Errorf("a %s and a %s do not add up", v.Type, other.Type)
	}
	if other.Samples == 0 {
		return nil
	}
	if v.Samples == 0 {
		v.Min, v.Max = other.Min, other.Max
	}
	v.Samples += other.Samples
	v.Sum += other.Sum
	v.Nonzero += other.Nonzero
	v.Min, v.Max = min(v.Min, other.Min), max(v.Max, other.Max)
	if v.Type == Gauge {
		v.last(other.Last, other.LastAt)
	}
	if v.Type == Trend {
		return v.Sketch.merge(other.Sketch)
	}
	return nil
}

func (v *Values) count() int64 {
	if v == nil {
		return 0
	}
	return v.Samples
}

// Count is the sum of a counter, and the number of samples of any other metric.
func (v *Values) Count() float64 {
	if v != nil && v.Type == Counter {
		return v.Sum
	}
	return float64(v.count())
}

// Rate is the share of samples of a rate that were not zero, NaN without samples.
func (v *Values) Rate() float64 {
	if v.count() == 0 {
		return math.NaN()
	}
	return float64(v.Nonzero) / float64(v.Samples)
}

// Mean is the average of a trend, NaN without samples.
func (v *Values) Mean() float64 {
	if v.count() == 0 {
		return math.NaN()
	}
	return v.Sum / float64(v.Samples)
}

// Quantile is the value of a trend that the share q of its samples does not exceed, within the
// accuracy of its sketch; NaN without samples.
func (v *Values) Quantile(q float64) float64 {
	if v.count() == 0 || v.Sketch == nil || math.IsNaN(q) {
		return math.NaN()
	}
	switch {
	case q <= 0:
		return v.Min
	case q >= 1:
		return v.Max
	default:
		return min(max(v.Sketch.quantile(q), v.Min), v.Max)
	}
}

// document is Values in JSON: the fields that its type has, and no others.
type document struct {
	Samples int64      `json:"samples"`
	Sum     *float64   `json:"sum,omitempty"`
	Nonzero *int64     `json:"nonzero,omitempty"`
	Min     *float64   `json:"min,omitempty"`
	Max     *float64   `json:"max,omitempty"`
	Last    *float64   `json:"last,omitempty"`
	LastAt  *time.Time `json:"lastAt,omitempty"`
	Sketch  *Sketch    `json:"sketch,omitempty"`
}

func (v *Values) document() document {
	d := document{Samples: v.Samples}
	switch v.Type {
	case Counter:
		d.Sum = &v.Sum
	case Rate:
		d.Nonzero = &v.Nonzero
	case Gauge:
		at := v.LastAt.UTC()
		d.Min, d.Max, d.Last, d.LastAt = &v.Min, &v.Max, &v.Last, &at
	case Trend:
		d.Sum, d.Min, d.Max, d.Sketch = &v.Sum, &v.Min, &v.Max, v.Sketch
	}
	return d
}

var errNoValues = errors.New("neither a counter nor a rate, gauge or trend")

// values reads the type off the fields that there are.
func (d document) values() (*Values, error) {
	v := &Values{Samples: d.Samples}
	switch {
	case d.Sketch != nil && d.Sum != nil && d.Min != nil && d.Max != nil:
		v.Type, v.Sum, v.Min, v.Max, v.Sketch = Trend, *d.Sum, *d.Min, *d.Max, d.Sketch
	case d.Last != nil && d.LastAt != nil && d.Min != nil && d.Max != nil:
		v.Type, v.Min, v.Max = Gauge, *d.Min, *d.Max
		v.Last, v.LastAt = *d.Last, *d.LastAt
	case d.Nonzero != nil:
		v.Type, v.Nonzero = Rate, *d.Nonzero
	case d.Sum != nil:
		v.Type, v.Sum = Counter, *d.Sum
	default:
		return nil, errNoValues
	}
	for _, number := range []float64{v.Sum, v.Min, v.Max, v.Last} {
		if !trackable(number) {
			return nil, fmt.Errorf("%v is larger than any number of a record", number)
		}
	}
	return v, nil
}

// MarshalJSON implements json.Marshaler.
func (v *Values) MarshalJSON() ([]byte, error) { return json.Marshal(v.document()) }

// UnmarshalJSON implements json.Unmarshaler.
func (v *Values) UnmarshalJSON(data []byte) error {
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	read, err := d.values()
	if err == nil {
		*v = *read
	}
	return err
}
