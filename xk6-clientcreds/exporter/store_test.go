package exporter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tagcache"
)

func TestTotalsEqualTheInput(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	random := rand.New(rand.NewPCG(1, 2))
	var reqs, failed, bytes, durations float64
	const samples = 5000
	for range samples {
		status := fmt.Sprint(200 + random.IntN(5))
		duration, size, fail := random.ExpFloat64()*100, float64(random.IntN(1e6)), float64(random.IntN(2))
		r.AddMetricSamples([]metrics.SampleContainer{
			metrics.Samples{
				r.sample(r.builtin.HTTPReqs, 1, "status", status),
				r.sample(r.builtin.HTTPReqFailed, fail, "status", status),
			},
			metrics.ConnectedSamples{Samples: []metrics.Sample{
				r.sample(r.builtin.HTTPReqDuration, duration, "status", status),
				r.sample(r.builtin.DataReceived, size),
			}},
		})
		reqs, failed, bytes, durations = reqs+1, failed+fail, bytes+size, durations+duration/1000
	}
	families := parseText(t, r.scrape(acceptText))
	assert.Equal(t, reqs, sumOf(families["k6_http_reqs_total"]))
	assert.Equal(t, reqs, sumOf(families["k6_http_req_failed_samples_total"]))
	assert.Equal(t, failed, sumOf(families["k6_http_req_failed_nonzero_total"]))
	assert.Equal(t, bytes, sumOf(families["k6_data_received_total"]))
	assert.InEpsilon(t, durations, sumOf(families["k6_http_req_duration_seconds"]), 1e-9)
	var count uint64
	for _, m := range families["k6_http_req_duration_seconds"].GetMetric() {
		count += m.GetHistogram().GetSampleCount()
	}
	assert.EqualValues(t, samples, count)
}

func sumOf(f *dto.MetricFamily) float64 {
	var sum float64
	for _, m := range f.GetMetric() {
		sum += m.GetCounter().GetValue() + m.GetHistogram().GetSampleSum()
	}
	return sum
}

// TestPercentilesAreWithinTheBucketError compares percentiles of the histograms, interpolated as
// PromQL does, with the percentiles of k6's own sink.
func TestPercentilesAreWithinTheBucketError(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	random := rand.New(rand.NewPCG(3, 4))
	exact := metrics.NewTrendSink()
	for range 20_000 {
		s := r.sample(r.builtin.HTTPReqDuration, math.Exp(random.NormFloat64()+4))
		exact.Add(s)
		r.AddMetricSamples([]metrics.SampleContainer{s})
	}
	var h *dto.Histogram
	for _, f := range parseProtobuf(t, r.scrape(acceptProtobuf)) {
		if f.GetName() == "k6_http_req_duration_seconds" {
			h = f.GetMetric()[0].GetHistogram()
		}
	}
	require.NotNil(t, h)
	for _, q := range []float64{0.5, 0.9, 0.95, 0.99, 0.999} {
		want := exact.P(q) / 1000
		assert.InEpsilon(t, want, nativeQuantile(h, q), 0.091, "native, %g", q)
		lower, upper := classicBucket(h, q)
		assert.True(t, lower <= want && want <= upper, "classic, %g: %g not in %g to %g", q, want, lower, upper)
	}
}

// nativeQuantile interpolates exponentially in the bucket of schema 3 that holds the quantile.
func nativeQuantile(h *dto.Histogram, q float64) float64 {
	rank := q * float64(h.GetSampleCount())
	seen := float64(h.GetZeroCount())
	index, count, delta := int32(0), int64(0), 0
	for _, span := range h.GetPositiveSpan() {
		index += span.GetOffset()
		for range span.GetLength() {
			count += h.GetPositiveDelta()[delta]
			delta++
			if seen+float64(count) >= rank {
				return math.Pow(2, (float64(index-1)+(rank-seen)/float64(count))/8)
			}
			seen += float64(count)
			index++
		}
	}
	return math.NaN()
}

func classicBucket(h *dto.Histogram, q float64) (lower, upper float64) {
	rank := q * float64(h.GetSampleCount())
	for _, b := range h.GetBucket() {
		if float64(b.GetCumulativeCount()) >= rank {
			return lower, b.GetUpperBound()
		}
		lower = b.GetUpperBound()
	}
	return lower, math.Inf(1)
}

func TestSeriesAreCapped(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false,maxSeries=3")
	for i := range 10 {
		r.add(r.builtin.HTTPReqs, 1, "name", fmt.Sprint(i))
		r.add(r.builtin.HTTPReqDuration, 1, "name", "one")
	}
	r.add(r.builtin.HTTPReqs, 1, "name", "0") // a series that was there before goes on
	families := parseText(t, r.scrape(acceptText))
	assert.Len(t, families["k6_http_reqs_total"].GetMetric(), 3)
	assert.Equal(t, 4.0, sumOf(families["k6_http_reqs_total"]))
	assert.Equal(t, 7.0, sumOf(families["k6_prometheus_dropped_samples_total"]))
	assert.EqualValues(t, 10, families["k6_http_req_duration_seconds"].GetMetric()[0].GetHistogram().GetSampleCount(),
		"another metric is not affected")
	assert.Equal(t, []string{`metric "http_reqs" has 3 label sets; samples with other labels are dropped and counted in ` +
		`k6_prometheus_dropped_samples_total. Raise maxSeries, or leave labels out with dropLabels`}, r.warnings())
}

// TestThresholdsSeeSamplesThatAreNotServed: k6 decides on all samples, so what is beyond maxSeries counts.
func TestThresholdsSeeSamplesThatAreNotServed(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false,maxSeries=1")
	r.SetThresholds(map[string]metrics.Thresholds{
		"http_reqs":         metrics.NewThresholds([]string{"count<3"}),
		"http_reqs{name:3}": metrics.NewThresholds([]string{"count<1"}),
	})
	for i := range 4 {
		r.add(r.builtin.HTTPReqs, 1, "name", fmt.Sprint(i))
	}
	body := r.scrape(acceptText)
	for _, want := range []string{
		`k6_threshold_crossed{abort_on_fail="false",metric="http_reqs",threshold="count<3"} 1`,
		`k6_threshold_crossed{abort_on_fail="false",metric="http_reqs{name:3}",threshold="count<1"} 1`,
		`k6_prometheus_dropped_samples_total{metric="http_reqs",reason="series_limit"} 3`,
	} {
		assert.Contains(t, body, "\n"+want+"\n")
	}
}

// TestValuesCountAsInK6: a counter goes down where a script adds a negative number, and any value but 0 is one of a
// rate.
func TestValuesCountAsInK6(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	sink := metrics.RateSink{}
	for _, value := range []float64{5, -7, 0, 0.25} {
		r.add(r.builtin.HTTPReqs, value)
		r.add(r.builtin.Checks, value)
		sink.Add(metrics.Sample{Value: value})
	}
	body := r.scrape(acceptText)
	for _, want := range []string{
		"k6_http_reqs_total -1.75", "k6_checks_samples_total 4", fmt.Sprintf("k6_checks_nonzero_total %d", sink.Trues),
		"k6_checks_rate 0.75",
	} {
		assert.Contains(t, body, "\n"+want+"\n")
	}
}

// TestMemoryIsBounded: a tag that is not a label, with a new value in every sample, must not make
// anything grow.
func TestMemoryIsBounded(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	root := r.tags("name", "/orders")
	const samples = tagcache.Max + 1000
	batch := make(metrics.Samples, 0, samples)
	for i := range samples {
		batch = append(batch, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: r.builtin.HTTPReqs, Tags: root.With("url", fmt.Sprint(i))},
			Time:       r.time, Value: 1,
		})
	}
	r.AddMetricSamples([]metrics.SampleContainer{batch})
	assert.Equal(t, 1000, r.store.cache.Len())
	assert.Contains(t, r.scrape(acceptText), fmt.Sprintf("\nk6_http_reqs_total{name=\"/orders\"} %d\n", samples))
}

func TestWhatIsNotANumberIsDropped(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	for _, m := range []*metrics.Metric{
		r.builtin.HTTPReqs, r.builtin.HTTPReqDuration, r.builtin.VUs, r.builtin.Checks,
	} {
		r.add(m, 1)
		r.add(m, math.NaN())
	}
	body := r.scrape(acceptText)
	for _, want := range []string{
		"k6_http_reqs_total 1", "k6_http_req_duration_seconds_sum 0.001", "k6_vus 1", "k6_checks_samples_total 1",
		`k6_prometheus_dropped_samples_total{metric="vus",reason="nan"} 1`,
	} {
		assert.Contains(t, body, "\n"+want+"\n")
	}
}

func TestBucketsByName(t *testing.T) {
	r := newRig(t, "buckets=http_req_*:1 2;http_req_duration:3;*:4")
	for m, want := range map[*metrics.Metric][]float64{
		r.builtin.HTTPReqBlocked:    {1, 2},
		r.builtin.HTTPReqDuration:   {3},
		r.builtin.IterationDuration: {4},
	} {
		assert.Equal(t, want, r.store.buckets.of(m), m.Name)
	}
	for range 10 { // maps are ordered at random
		rules := bucketRules{"*_duration": {1}, "http_req_*": {2}, "http_req_d*": {3}, "*q_duration": {4}}
		assert.Equal(t, []float64{3}, rules.of(r.builtin.HTTPReqDuration), "of globs that are as long, the last one")
		rules = bucketRules{"*_req_duration": {1}, "http_*": {2}}
		assert.Equal(t, []float64{1}, rules.of(r.builtin.HTTPReqDuration), "the longest one")
	}
	r = newRig(t, "")
	for m, want := range map[*metrics.Metric][]float64{
		r.builtin.HTTPReqDuration:                              timeBuckets,
		r.builtin.HTTPReqWaiting:                               phaseBuckets,
		r.metric("my_connecting", metrics.Trend, metrics.Time): phaseBuckets,
		r.metric("my_lag", metrics.Trend, metrics.Time):        lagBuckets,
		r.metric("my_skew", metrics.Trend, metrics.Time):       skewBuckets,
		r.metric("my_ttl", metrics.Trend, metrics.Time):        lifetimeBuckets,
		r.builtin.WSSessionDuration:                            lifetimeBuckets,
		r.metric("body_size", metrics.Trend, metrics.Data):     byteBuckets,
		r.metric("my_remaining", metrics.Trend, metrics.Data):  byteBuckets,
		r.metric("other_remaining", metrics.Trend):             numberBuckets,
	} {
		assert.Equal(t, want, r.store.buckets.of(m), m.Name)
	}
	for _, bounds := range [][]float64{
		timeBuckets, phaseBuckets, lagBuckets, skewBuckets, lifetimeBuckets, byteBuckets, numberBuckets,
	} {
		assert.True(t, slices.IsSorted(bounds))
	}
	for _, bounds := range [][]float64{timeBuckets, byteBuckets} {
		for i := range bounds[1:] {
			assert.LessOrEqual(t, bounds[i+1]/bounds[i], 2.0000001, "documented")
		}
	}
}

func TestExemplarsNeedATraceID(t *testing.T) {
	for id, want := range map[string]bool{
		"dc0718190ac6374a4d6c8c9f5d2a1f3b": true,
		"dc0718190ac6374a":                 true,
		"":                                 false,
		"not hexadecimal, 0123456789abcde": false,
		"\xff":                             false,
	} {
		r := newRig(t, "")
		s := r.sample(r.builtin.HTTPReqDuration, 1)
		s.Metadata = map[string]string{"trace_id": id}
		r.AddMetricSamples([]metrics.SampleContainer{s})
		body := r.scrape(acceptOpenMetrics)
		if want {
			assert.Contains(t, body, `# {trace_id="`+id+`"} 0.001`)
		} else {
			assert.NotContains(t, body, "trace_id")
		}
		assert.Contains(t, body, "k6_http_req_duration_seconds_count 1\n")
	}
}

// The latest exemplar of each classic bucket is served, also of the one above all bounds, and the latest ones for the
// native buckets, in the order of time.
func TestTheLatestExemplarsAreServed(t *testing.T) {
	for argument, want := range map[string]struct{ classic, native []float64 }{
		"both":    {[]float64{.1, 1, 30}, []float64{3, 4, .05, 20, 5, 6, 7, .1, 1, 30}},
		"native":  {[]float64{30}, []float64{3, 4, .05, 20, 5, 6, 7, .1, 1, 30}},
		"classic": {[]float64{.1, 1, 30}, nil},
	} {
		r := newRig(t, "buckets=*:0.1 2,histograms="+argument)
		for _, seconds := range []float64{1, 2, 3, 4, .05, 20, 5, 6, 7, .1, 1, 30} {
			s := r.sample(r.builtin.HTTPReqDuration, 1000*seconds)
			s.Metadata = map[string]string{"trace_id": "dc0718190ac6374a"}
			r.AddMetricSamples([]metrics.SampleContainer{s})
			r.time = r.time.Add(time.Second)
		}
		for range 2 { // the second scrape has the same exemplars
			var classic, native []float64
			for _, f := range parseProtobuf(t, r.scrape(acceptProtobuf)) {
				for _, bucket := range f.GetMetric()[0].GetHistogram().GetBucket() {
					if e := bucket.GetExemplar(); e != nil {
						classic = append(classic, e.GetValue())
					}
				}
				last := testStart
				for _, e := range f.GetMetric()[0].GetHistogram().GetExemplars() {
					native = append(native, e.GetValue())
					assert.True(t, e.GetTimestamp().AsTime().After(last))
					last = e.GetTimestamp().AsTime()
				}
			}
			assert.Equal(t, want.classic, classic, argument)
			assert.Equal(t, want.native, native, argument)
		}
	}
}

// TestScrapesWhileAdding is for the race detector, and checks that every scrape is consistent and
// none sees less than the one before.
func TestScrapesWhileAdding(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	const rounds, sets = 300, 20
	stop := make(chan struct{})
	var scrapers sync.WaitGroup
	for range 3 {
		scrapers.Go(func() {
			before, checks := 0.0, 0
			defer func() { assert.Positive(t, checks, "nothing was compared") }()
			for done := false; !done; {
				select {
				case <-stop:
					done = true // all has been added
				default:
				}
				families := parseText(t, r.scrape(acceptText))
				total := sumOf(families["k6_http_reqs_total"])
				assert.GreaterOrEqual(t, total, before)
				before = total
				checks += len(families["k6_checks_samples_total"].GetMetric())
				for i, m := range families["k6_checks_samples_total"].GetMetric() {
					nonzero := families["k6_checks_nonzero_total"].GetMetric()[i]
					assert.LessOrEqual(t, nonzero.GetCounter().GetValue(), m.GetCounter().GetValue())
				}
			}
		})
	}
	for i := range rounds {
		for set := range sets {
			name := fmt.Sprint((i + set) % (1 + i/10)) // new series all the time
			r.AddMetricSamples([]metrics.SampleContainer{
				r.sample(r.builtin.HTTPReqs, 1, "name", name),
				r.sample(r.builtin.HTTPReqDuration, float64(i), "name", name),
				r.sample(r.builtin.Checks, float64(i%2), "name", name),
				r.sample(r.builtin.VUs, float64(i)),
			})
		}
	}
	close(stop)
	scrapers.Wait()
	assert.Equal(t, float64(rounds*sets), sumOf(parseText(t, r.scrape(acceptText))["k6_http_reqs_total"]))
}

// stuck is a connection to a scraper that does not read.
type stuck struct {
	http.ResponseWriter

	begun, end chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	s.begun <- struct{}{}
	<-s.end
	return s.ResponseWriter.Write(p)
}

// TestAddingDoesNotWaitForAScrape: a scrape that is stuck in the middle holds nothing that samples
// need.
func TestAddingDoesNotWaitForAScrape(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	r.add(r.builtin.HTTPReqDuration, 1, "name", strings.Repeat("a", partSize)) // more than a part
	w := &stuck{httptest.NewRecorder(), make(chan struct{}, 1000), make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		exposition{r.store, r.others, r.log, http.NotFoundHandler()}.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	}()
	<-w.begun // the scrape waits
	for i := range 100 {
		r.add(r.builtin.HTTPReqDuration, 1, "name", fmt.Sprint(i))
		r.add(r.builtin.HTTPReqDuration, 1, "name", strings.Repeat("a", partSize))
	}
	close(w.end)
	<-done
	assert.Equal(t, testStart, r.store.run.start.Round(time.Second))
}
