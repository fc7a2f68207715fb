package faults

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// maxLatency bounds how long a request waits for its answer: the server cuts
// answers off after two minutes.
const maxLatency = time.Minute

var latencyBounds = bounds{0, maxLatency}

// distribution draws a latency.
type distribution func(*rand.Rand) time.Duration

// latency delays a share of the requests.
type latency struct {
	rate         float64
	distribution distribution
	most         time.Duration
	sampler      *sampler
}

// readLatency reads a distribution, or a duration for one that is constant.
func readLatency(r *reader, name string, b builder) *latency {
	v, ok := r.value(name)
	if !ok {
		return nil
	}
	if _, isObject := v.(map[string]any); !isObject {
		d := r.duration(name, 0, b.latency)
		return &latency{1, constant(d), b.latency.most, nil}
	}
	r = r.child(name)
	l := &latency{rate: r.rate(), sampler: b.sampler(r.path)}
	l.distribution = readDistribution(r, b.latency)
	l.most = r.duration("max", b.latency.most, b.latency)
	r.finish()
	return l
}

// distributions are the names in the document.
var distributions = []string{"constant", "uniform", "normal", "lognormal", "exponential", "percentiles"}

func readDistribution(r *reader, b bounds) distribution {
	switch r.word("distribution", distributions...) {
	case "uniform":
		least, most := r.duration("min", 0, b), r.needDuration("max", b)
		if most < least {
			r.failf("max", "is %s, which is below min; it must be %s or more", most, least)
		}
		return uniform(least, most)
	case "normal":
		return normal(r.needDuration("mean", b), r.needDuration("stddev", b))
	case "lognormal":
		p50, p99 := r.needDuration("p50", bounds{time.Microsecond, b.most}), r.needDuration("p99", b)
		if p99 < p50 {
			r.failf("p99", "is %s, which is below p50; it must be %s or more", p99, p50)
		}
		return lognormal(p50, p99)
	case "exponential":
		mean := r.needDuration("mean", b)
		return func(rng *rand.Rand) time.Duration { return scaled(mean, rng.ExpFloat64()) }
	case "percentiles":
		return readPercentiles(r, b)
	default:
		return constant(r.needDuration("value", b))
	}
}

func constant(d time.Duration) distribution { return func(*rand.Rand) time.Duration { return d } }

func uniform(least, most time.Duration) distribution {
	return func(rng *rand.Rand) time.Duration { return least + scaled(most-least, rng.Float64()) }
}

// normal has no negative latencies: they are 0.
func normal(mean, stddev time.Duration) distribution {
	return func(rng *rand.Rand) time.Duration { return mean + scaled(stddev, rng.NormFloat64()) }
}

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

func lognormal(p50, p99 time.Duration) distribution {
	sigma := math.Log(float64(p99)/float64(p50)) / z99
	return func(rng *rand.Rand) time.Duration { return scaled(p50, math.Exp(sigma*rng.NormFloat64())) }
}

// percentile is a point of a distribution function.
type percentile struct {
	share float64
	value time.Duration
}

// readPercentiles reads points of a distribution function, which is linear
// between them. p0 is 0 by default, p100 the highest that is given.
func readPercentiles(r *reader, b bounds) distribution {
	points := []percentile{{0, r.duration("p0", 0, b)}}
	for _, p := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}, {"p100", 1}} {
		if _, given := r.value(p.name); !given {
			if p.name == "p50" || p.name == "p99" {
				r.needDuration(p.name, b)
			}
			continue
		}
		d, last := r.duration(p.name, 0, b), points[len(points)-1]
		if d < last.value {
			r.failf(p.name, "is %s, which is below the percentile before it; it must be %s or more", d, last.value)
		}
		points = append(points, percentile{p.share, d})
	}
	points = append(points, percentile{1, points[len(points)-1].value})
	return func(rng *rand.Rand) time.Duration { return interpolated(points, rng.Float64()) }
}

func interpolated(points []percentile, share float64) time.Duration {
	n := slices.IndexFunc(points, func(p percentile) bool { return p.share > share })
	if n < 1 {
		return points[len(points)-1].value
	}
	low, high := points[n-1], points[n]
	return low.value + scaled(high.value-low.value, (share-low.share)/(high.share-low.share))
}

// scaled is d times factor, within what a duration can be.
func scaled(d time.Duration, factor float64) time.Duration {
	return time.Duration(min(float64(d)*factor, float64(time.Hour)))
}

// draw returns the latency of the next request, 0 for none.
func (l *latency) draw() time.Duration {
	if l.sampler == nil {
		return l.distribution(nil)
	}
	if !l.sampler.hit(l.rate) {
		return 0
	}
	l.sampler.mu.Lock()
	defer l.sampler.mu.Unlock()
	return min(max(l.distribution(l.sampler.rng), 0), l.most)
}

func (l *latency) serve(x *request) bool {
	d := l.draw()
	if d <= 0 {
		return false
	}
	x.fault(latencyKind)
	return x.wait(d)
}
