package exporter

import (
	"math"
	"slices"
	"sort"
	"sync"

	dto "github.com/prometheus/client_model/go"
)

// Native buckets as in client_golang. Bucket i of a schema reaches from 2^((i-1)/2^schema) to 2^(i/2^schema).
const (
	// widestSchema has the widest buckets that there are: each ends 65,536 times higher than it begins.
	widestSchema = -4
	// zeroThreshold is the upper bound of the zero bucket, and its negative is the lower one.
	zeroThreshold = 0x1p-128
	// maxGap is how many empty buckets are served as such. A longer gap begins a new span.
	maxGap = 2
)

// histogram counts values in classic buckets, native buckets, or both. It has the buckets of client_golang's Histogram,
// which is made for many goroutines that add, and needs more time and memory for that. Here one goroutine adds and some
// read. A scrape writes the buckets into memory that another histogram has used.
type histogram struct {
	mu        sync.Mutex
	sum       float64
	count     uint64
	bounds    []float64      // upper ones, of the classic buckets
	counts    []uint64       // by classic bucket
	native    *nativeBuckets // nil without
	exemplars *exemplars     // nil before the first one
}

func newHistogram(bounds []float64, native bool) *histogram {
	h := &histogram{bounds: bounds, counts: make([]uint64, len(bounds))}
	if native {
		h.native = &nativeBuckets{schema: nativeSchema}
	}
	return h
}

// observe counts a value, which is a number.
func (h *histogram) observe(v float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sum += v
	h.count++
	if i := h.bucketOf(v); i < len(h.counts) {
		h.counts[i]++
	}
	if h.native != nil {
		h.native.observe(v)
	}
}

// bucketOf returns the classic bucket of a value, which is the number of them for a value above all bounds.
func (h *histogram) bucketOf(v float64) int { return sort.SearchFloat64s(h.bounds, v) }

// write writes the histogram into the memory of to, which another one may have used.
func (h *histogram) write(to *dto.Histogram) {
	h.mu.Lock()
	defer h.mu.Unlock()
	set(&to.SampleCount, h.count)
	set(&to.SampleSum, h.sum)
	h.writeClassic(to)
	if h.native != nil {
		h.native.write(to)
	}
	h.exemplars.write(to)
}

func (h *histogram) writeClassic(to *dto.Histogram) {
	to.Bucket = resize(to.Bucket, len(h.bounds))
	cumulative := uint64(0)
	for i, n := range h.counts {
		cumulative += n
		set(&to.Bucket[i].CumulativeCount, cumulative)
		to.Bucket[i].UpperBound = &h.bounds[i] // nobody changes it
		to.Bucket[i].Exemplar = nil
	}
}

// nativeBuckets are the buckets of a native histogram that have values.
type nativeBuckets struct {
	schema             int32
	zero               uint64
	positive, negative sparseBuckets
}

func (b *nativeBuckets) observe(v float64) {
	switch {
	case v > zeroThreshold:
		b.positive.add(b.index(v), 1)
	case v < -zeroThreshold:
		b.negative.add(b.index(-v), 1)
	default:
		b.zero++
	}
	if len(b.positive.counts)+len(b.negative.counts) > maxNativeBuckets && b.schema > widestSchema {
		b.schema--
		b.positive.widen()
		b.negative.widen()
	}
}

// index returns the bucket of a positive value. Infinity is in the bucket after the last finite one.
func (b *nativeBuckets) index(v float64) int32 {
	infinite := int32(0)
	if math.IsInf(v, 0) {
		v, infinite = math.MaxFloat64, 1
	}
	fraction, power := math.Frexp(v) // v is fraction·2^power, and fraction is 0.5 or more
	exponent := int32(power)         // #nosec G115 -- from -1073 to 1024
	if b.schema > 0 {
		within := sort.SearchFloat64s(fractionBounds[b.schema], fraction)
		return int32(within) + (exponent-1)<<b.schema + infinite // #nosec G115 -- at most 8
	}
	if fraction == 0.5 {
		exponent-- // a bucket contains its upper bound
	}
	return ceilShift(exponent, -b.schema) + infinite
}

// ceilShift returns n/2^by, rounded up.
func ceilShift(n, by int32) int32 { return (n + 1<<by - 1) >> by }

// fractionBounds are the bounds of the buckets from 0.5 to 1, by schema. They are exact: math.Exp2 misses the last bit.
// A schema leaves out every other bound of the next one.
var fractionBounds = [nativeSchema + 1][]float64{
	{0.5},
	{0.5, 0.7071067811865475},
	{0.5, 0.5946035575013605, 0.7071067811865475, 0.8408964152537144},
	{
		0.5, 0.5452538663326288, 0.5946035575013605, 0.6484197773255048,
		0.7071067811865475, 0.7711054127039704, 0.8408964152537144, 0.9170040432046711,
	},
}

func (b *nativeBuckets) write(to *dto.Histogram) {
	set(&to.Schema, b.schema)
	set(&to.ZeroThreshold, zeroThreshold)
	set(&to.ZeroCount, b.zero)
	to.PositiveSpan, to.PositiveDelta = b.positive.write(to.PositiveSpan, to.PositiveDelta)
	to.NegativeSpan, to.NegativeDelta = b.negative.write(to.NegativeSpan, to.NegativeDelta)
}

// sparseBuckets are counts by index, in the order of the indexes.
type sparseBuckets struct {
	indexes []int32
	counts  []uint64
}

func (s *sparseBuckets) add(index int32, n uint64) {
	i, found := slices.BinarySearch(s.indexes, index)
	if !found {
		s.indexes = slices.Insert(s.indexes, i, index)
		s.counts = slices.Insert(s.counts, i, 0)
	}
	s.counts[i] += n
}

// widen makes the buckets twice as wide: each new one contains two old ones.
func (s *sparseBuckets) widen() {
	old := *s
	s.indexes, s.counts = old.indexes[:0], old.counts[:0]
	for i, index := range old.indexes {
		index = ceilShift(index, 1)
		if last := len(s.indexes) - 1; last >= 0 && s.indexes[last] == index {
			s.counts[last] += old.counts[i]
			continue
		}
		s.indexes, s.counts = append(s.indexes, index), append(s.counts, old.counts[i])
	}
}

// write returns the buckets as spans without long gaps, and as the differences between their counts. It uses the memory
// of its arguments.
func (s *sparseBuckets) write(spans []*dto.BucketSpan, deltas []int64) ([]*dto.BucketSpan, []int64) {
	spans, deltas = spans[:0], deltas[:0]
	next, before := int32(0), int64(0)
	var span *dto.BucketSpan
	put := func(n int64) {
		*span.Length++
		deltas = append(deltas, n-before)
		before = n
	}
	for i, index := range s.indexes {
		gap := index - next
		if span == nil || gap > maxGap {
			spans = resize(spans, len(spans)+1)
			span = spans[len(spans)-1]
			set(&span.Offset, gap)
			set(&span.Length, 0)
			gap = 0
		}
		for range gap {
			put(0)
		}
		put(int64(s.counts[i])) // #nosec G115 -- a count
		next = index + 1
	}
	return spans, deltas
}

// set stores v in **to, and allocates only if *to is nil.
func set[T any](to **T, v T) {
	if *to == nil {
		*to = new(T)
	}
	**to = v
}

// resize returns list with n elements. It uses elements again that lie between its length and its capacity.
func resize[T any](list []*T, n int) []*T {
	if n <= cap(list) {
		list = list[:n]
	} else {
		list = slices.Grow(list, n-len(list))[:n]
	}
	missing := 0
	for _, element := range list {
		if element == nil {
			missing++
		}
	}
	if missing == 0 {
		return list
	}
	made := make([]T, missing) // in one allocation; most stay in use
	for i, element := range list {
		if element == nil {
			list[i], made = &made[0], made[1:]
		}
	}
	return list
}
