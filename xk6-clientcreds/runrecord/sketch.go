package runrecord

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

const (
	// SketchAccuracy is the relative error of the quantiles of a metric.
	SketchAccuracy = 0.005
	// SeriesAccuracy is the accuracy of the quantiles of one point of a series.
	SeriesAccuracy = 0.01
)

// Sketch is the distribution of the samples of a trend.
//
// With γ = (1+accuracy)/(1-accuracy) a positive value v is in bin ⌊log v / log γ⌋, and bin i stands
// for γⁱ·(1+accuracy). Negative values are in bins of their own by their magnitude.
type Sketch struct {
	accuracy           float64
	sketch             *ddsketch.DDSketch
	positive, negative store.Store
}

func newSketch(accuracy float64) *Sketch {
	return sketchIn(accuracy, store.NewSparseStore(), store.NewSparseStore())
}

// compactSketch is newSketch with stores that need a fraction of the memory for many samples. Their memory depends on
// how far bins are apart, so they are not for what a file says.
func compactSketch(accuracy float64) *Sketch {
	return sketchIn(accuracy, store.NewBufferedPaginatedStore(), store.NewBufferedPaginatedStore())
}

func sketchIn(accuracy float64, positive, negative store.Store) *Sketch {
	bins, err := mapping.NewLogarithmicMapping(accuracy)
	if err != nil {
		panic(err) // of a constant, or checked when it was read
	}
	s := &Sketch{accuracy: accuracy, positive: positive, negative: negative}
	s.sketch = ddsketch.NewDDSketch(bins, s.positive, s.negative)
	return s
}

// trackable says whether a sketch has a bin for a value.
func trackable(value float64) bool {
	return !math.IsNaN(value) && math.Abs(value) <= maxTrackable
}

// maxTrackable keeps clear of the end of floating point, where bins have no values any more.
const maxTrackable = 1e300

func (s *Sketch) add(value float64) {
	if err := s.sketch.Add(value); err != nil {
		panic(err) // it was asked whether the value is trackable
	}
}

func (s *Sketch) quantile(q float64) float64 {
	value, err := s.sketch.GetValueAtQuantile(q)
	if err != nil {
		return math.NaN() // there are no samples
	}
	return value
}

func (s *Sketch) merge(other *Sketch) error {
	if s.accuracy != other.accuracy {
		return fmt.Errorf("sketches of accuracy %v and %v do not add up", s.accuracy, other.accuracy)
	}
	return s.sketch.MergeWith(other.sketch)
}

// Bin is a bin and the number of values in it.
type Bin [2]int64

// Bins calls f with the value that each bin stands for, in ascending order, and how many samples are
// in it.
func (s *Sketch) Bins(f func(value float64, samples int64)) {
	type bin struct {
		value   float64
		samples int64
	}
	var bins []bin
	s.sketch.ForEach(func(value, count float64) bool {
		bins = append(bins, bin{value, int64(count)})
		return false
	})
	slices.SortFunc(bins, func(a, b bin) int { return cmp.Compare(a.value, b.value) })
	for _, b := range bins {
		f(b.value, b.samples)
	}
}

// sketchDocument is a Sketch in JSON. Bins are in ascending order.
type sketchDocument struct {
	Accuracy float64 `json:"accuracy"`
	Zero     int64   `json:"zero,omitempty"`
	Bins     []Bin   `json:"bins"`
	Negative []Bin   `json:"negative,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (s *Sketch) MarshalJSON() ([]byte, error) {
	return json.Marshal(sketchDocument{
		Accuracy: s.accuracy,
		Zero:     int64(s.sketch.GetZeroCount()),
		Bins:     binsOf(s.positive),
		Negative: binsOf(s.negative),
	})
}

func binsOf(from store.Store) []Bin {
	bins := []Bin{}
	from.ForEach(func(index int, count float64) bool {
		bins = append(bins, Bin{int64(index), int64(count)})
		return false
	})
	slices.SortFunc(bins, func(a, b Bin) int { return cmp.Compare(a[0], b[0]) })
	return bins
}

var errNoSketch = fmt.Errorf("sketch: accuracy must be between 0 and 1, counts at least 1, bins of 32 bits and %d at "+
	"most", maxBins)

// UnmarshalJSON implements json.Unmarshaler.
func (s *Sketch) UnmarshalJSON(data []byte) error {
	var d sketchDocument
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	if d.Accuracy < 1e-4 || d.Accuracy > 0.5 || d.Zero < 0 || len(d.Bins) > maxBins || len(d.Negative) > maxBins {
		return errNoSketch
	}
	read := newSketch(d.Accuracy)
	for _, list := range []struct {
		bins []Bin
		into store.Store
	}{{d.Bins, read.positive}, {d.Negative, read.negative}} {
		for _, bin := range list.bins {
			if bin[1] < 1 || bin[0] != int64(int32(bin[0])) { // #nosec G115 -- the condition checks it
				return errNoSketch
			}
			list.into.AddWithCount(int(bin[0]), float64(bin[1]))
		}
	}
	if d.Zero > 0 {
		if err := read.sketch.AddWithCount(0, float64(d.Zero)); err != nil {
			return err
		}
	}
	*s = *read
	return nil
}
