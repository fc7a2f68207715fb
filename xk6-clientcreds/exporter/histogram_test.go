package exporter

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// pair is a histogram and client_golang's of the same values.
type pair struct {
	own    *histogram
	oracle prometheus.Histogram
	into   *dto.Histogram // which the own one is written into, again and again
}

func newPair(bounds []float64, native bool, into *dto.Histogram) pair {
	o := prometheus.HistogramOpts{Name: "oracle", Help: "Not served.", Buckets: bounds}
	if native {
		o.NativeHistogramBucketFactor, o.NativeHistogramMaxBucketNumber = 1.1, maxNativeBuckets
	}
	return pair{newHistogram(bounds, native), prometheus.NewHistogram(o), into}
}

func (p pair) observe(v float64) {
	p.own.observe(v)
	p.oracle.Observe(v)
}

func (p pair) requireEqual(t *testing.T) {
	t.Helper()
	var want dto.Metric
	require.NoError(t, p.oracle.Write(&want))
	want.Histogram.CreatedTimestamp = nil
	p.own.write(p.into)
	if !proto.Equal(want.Histogram, p.into) {
		require.Equal(t, prototext.Format(want.Histogram), prototext.Format(p.into))
	}
}

// The histogram is client_golang's, bucket for bucket, whatever the values are, and whatever was written before.
func TestHistogramAsClientGolang(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	into := new(dto.Histogram)
	for name, next := range map[string]func() float64{
		"latencies":         func() float64 { return math.Exp(random.NormFloat64() - 4) },
		"few":               func() float64 { return float64(random.IntN(3)) },
		"many buckets":      func() float64 { return math.Exp(random.NormFloat64() * 40) },
		"all that there is": func() float64 { return math.Float64frombits(random.Uint64()) },
		"both signs":        func() float64 { return random.NormFloat64() },
		"bounds of buckets": func() float64 {
			bound := math.Exp2(float64(random.IntN(400)-200) / 8)
			return []float64{bound, math.Nextafter(bound, 0), math.Nextafter(bound, math.Inf(1))}[random.IntN(3)]
		},
		"powers of two": func() float64 { return math.Ldexp(1, random.IntN(2000)-1000) },
		"special": func() float64 {
			all := []float64{
				0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, zeroThreshold,
				-zeroThreshold, math.Nextafter(zeroThreshold, 1), .0005, 60, 1,
			}
			return all[random.IntN(len(all))]
		},
	} {
		for _, kind := range []struct {
			bounds []float64
			native bool
		}{{timeBuckets, true}, {nil, true}, {timeBuckets, false}, {byteBuckets, true}} {
			p := newPair(kind.bounds, kind.native, into)
			if !kind.native { // another one has left its native buckets
				p.into = new(dto.Histogram)
			}
			p.requireEqual(t)
			for i := range 3000 {
				v := next()
				if math.IsNaN(v) {
					continue // the store drops it
				}
				p.observe(v)
				if i%100 == 0 {
					p.requireEqual(t)
				}
			}
			p.requireEqual(t)
			assert.LessOrEqual(t, len(p.own.counts), len(kind.bounds), name)
		}
	}
}

func FuzzHistogram(f *testing.F) {
	f.Add(1.0, -1.0, 0.0, 1e300, uint64(1))
	f.Add(math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, uint64(2))
	f.Fuzz(func(t *testing.T, a, b, c, d float64, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		p := newPair(timeBuckets, true, new(dto.Histogram))
		for _, v := range []float64{a, b, c, d} {
			for range 100 {
				if !math.IsNaN(v) {
					p.observe(v)
				}
				v *= math.Exp(random.NormFloat64())
			}
		}
		p.requireEqual(t)
	})
}

// A scrape of many histograms needs memory for one.
func TestHistogramsAreWrittenInTheSameMemory(t *testing.T) {
	h, into := newHistogram(timeBuckets, true), new(dto.Histogram)
	for i := range 100 {
		h.observe(float64(i) / 100)
		h.addExemplar(float64(i), "dc0718190ac6374a", testStart)
	}
	h.write(into)
	assert.Zero(t, testing.AllocsPerRun(10, func() { h.write(into) }))
}
