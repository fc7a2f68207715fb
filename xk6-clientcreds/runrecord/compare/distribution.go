package compare

import (
	"cmp"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// distribution holds samples of a trend by the bins of its sketch, in ascending order. Within a bin, samples count as
// spread evenly: then the share above a value is continuous in the value, even where a server always takes as long.
type distribution struct {
	bins    []bin
	rest    []float64 // the samples of each bin and of all above it
	samples float64
}

// bin is a bin of a sketch: the value that it stands for, and how many samples it has.
type bin struct{ value, samples float64 }

// halfWidth is how far a bin reaches from its value, either way.
func (b bin) halfWidth() float64 { return max(b.value, -b.value) * runrecord.SideAccuracy }

// above is how many of the bin's samples are above a value.
func (b bin) above(value float64) float64 {
	half := b.halfWidth()
	switch {
	case value >= b.value+half && half > 0:
		return 0
	case value <= b.value-half && half > 0:
		return b.samples
	case half > 0:
		return b.samples * (b.value + half - value) / (2 * half)
	case value == b.value: // zero
		return b.samples / 2
	case value < b.value:
		return b.samples
	default:
		return 0
	}
}

// add adds the samples of a sketch.
func (d *distribution) add(v *runrecord.Values) {
	if v == nil || v.Sketch == nil {
		return
	}
	var added []bin
	v.Sketch.Bins(func(value float64, samples int64) { added = append(added, bin{value, float64(samples)}) })
	d.merge(added)
}

// merge adds bins that are in ascending order.
func (d *distribution) merge(added []bin) {
	if len(d.bins) == 0 {
		d.bins = slices.Clone(added)
	} else {
		merged := make([]bin, 0, len(d.bins)+len(added))
		i := 0
		for _, b := range d.bins {
			for ; i < len(added) && added[i].value < b.value; i++ {
				merged = append(merged, added[i])
			}
			if i < len(added) && added[i].value == b.value {
				b.samples += added[i].samples
				i++
			}
			merged = append(merged, b)
		}
		merged = append(merged, added[i:]...)
		d.bins = merged
	}
	d.samples = 0
	d.rest = slices.Grow(d.rest[:0], len(d.bins))[:len(d.bins)]
	for i := len(d.bins) - 1; i >= 0; i-- {
		d.samples += d.bins[i].samples
		d.rest[i] = d.samples
	}
}

// above is how many samples are above a value.
func (d *distribution) above(value float64) float64 {
	// The bins do not overlap: all but one of them are on one side of the value.
	i, _ := slices.BinarySearchFunc(d.bins, value, func(b bin, value float64) int {
		return cmp.Compare(b.value+b.halfWidth(), value)
	})
	if i == len(d.bins) {
		return 0
	}
	return d.rest[i] - d.bins[i].samples + d.bins[i].above(value)
}

// quantile is the value with this share of the samples below it, 0 without samples.
func (d *distribution) quantile(q float64) float64 {
	left := q * d.samples
	for _, b := range d.bins {
		if left <= b.samples {
			return b.value - b.halfWidth() + 2*b.halfWidth()*left/b.samples
		}
		left -= b.samples
	}
	if n := len(d.bins); n > 0 {
		return d.bins[n-1].value + d.bins[n-1].halfWidth()
	}
	return 0
}
