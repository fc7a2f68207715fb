package exporter

import (
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/lib/types"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
	"google.golang.org/protobuf/encoding/prototext"
	"gopkg.in/guregu/null.v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

var update = flag.Bool("update", false, "write the golden files")

// exampleRun is an exporter in the middle of a test with one metric of each kind.
func exampleRun(t testing.TB, more ...string) *rig {
	t.Helper()
	r := newRig(t, "runtimeMetrics=false,buckets=*:0.1 0.25 1"+strings.Join(more, ""), func(p *output.Params) {
		scenario := executor.NewConstantVUsConfig("load")
		scenario.VUs = null.IntFrom(2)
		scenario.Duration = types.NullDurationFrom(10 * time.Second)
		p.ScriptOptions.Scenarios = lib.ScenarioConfigs{"load": scenario}
		p.ScriptOptions.RunTags = map[string]string{"testid": "a"}
	})
	r.SetThresholds(map[string]metrics.Thresholds{
		"http_req_duration{status:200}": metrics.NewThresholds([]string{"p(95)<200", "avg<500"}),
	})
	size := r.metric("body_size", metrics.Trend, metrics.Data)
	depth := r.metric("queue_depth", metrics.Trend)
	orders := r.metric("orders", metrics.Counter)
	tag := func(more ...string) []string { return append([]string{"testid", "a", "scenario", "load"}, more...) }

	r.add(r.builtin.VUs, 2, "testid", "a")
	r.add(r.builtin.Checks, 1, tag("check", "is \"ok\"\\\n")...)
	r.add(r.builtin.Checks, 0, tag("check", "is \"ok\"\\\n")...)
	for _, ms := range []float64{50, 100, 250, 300} {
		s := r.sample(r.builtin.HTTPReqDuration, ms, tag("status", "200", "name", "/orders", "url", "/orders?page=1")...)
		s.Metadata = map[string]string{"trace_id": "dc0718190ac6374a4d6c8c9f5d2a1f3b", "vu": "7"}
		r.AddMetricSamples([]metrics.SampleContainer{s})
	}
	r.add(r.builtin.HTTPReqDuration, 0, tag("status", "500")...)
	r.add(r.builtin.HTTPReqConnecting, 0, tag("status", "200")...)
	r.add(size, 0.5, tag()...)
	r.add(depth, 3, tag()...)
	r.add(orders, 2, tag("größe", "L", "le", "x", "2nd", "y", "empty", "")...)
	r.add(orders, 3, tag("größe", "L", "le", "x", "2nd", "y", "empty", "")...)
	r.time = r.time.Add(5 * time.Second)
	return r
}

// withoutVersions replaces what depends on how the test binary was built.
func withoutVersions(text string) string {
	for _, module := range []string{procinfo.K6Module, procinfo.ExtensionModule} {
		text = strings.ReplaceAll(text, `version="`+procinfo.VersionOf(module)+`"`, `version="v"`)
		text = strings.ReplaceAll(text, `value:"`+procinfo.VersionOf(module)+`"`, `value:"v"`)
	}
	return text
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestTextFormat(t *testing.T) {
	compareGolden(t, "exposition.txt", withoutVersions(exampleRun(t).scrape(acceptText)))
}

// TestOpenMetricsFormat differs in how counters are called, and has the exemplar. Its timestamp is
// the time of the observation.
func TestOpenMetricsFormat(t *testing.T) {
	got := withoutVersions(exampleRun(t).scrape(acceptOpenMetrics))
	lines := strings.Split(got, "\n")
	exemplars := 0
	for i, line := range lines {
		if before, exemplar, found := strings.Cut(line, " # {"); found {
			exemplars++
			fields := strings.Fields(exemplar)
			require.Len(t, fields, 3)
			lines[i] = before + " # {" + fields[0] + " " + fields[1]
		}
	}
	assert.Equal(t, 1, exemplars, "one per series and second")
	compareGolden(t, "exposition.openmetrics.txt", strings.Join(lines, "\n"))
}

// TestProtobufFormat has the native histograms.
func TestProtobufFormat(t *testing.T) {
	var text strings.Builder
	for _, family := range parseProtobuf(t, exampleRun(t).scrape(acceptProtobuf)) {
		for _, m := range family.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				assert.NotNil(t, h.GetCreatedTimestamp(), "a histogram is told from one before a restart by it")
				h.CreatedTimestamp = nil
				exemplars := h.GetExemplars()
				for _, bucket := range h.GetBucket() {
					if bucket.GetExemplar() != nil {
						exemplars = append(exemplars, bucket.GetExemplar())
					}
				}
				for _, e := range exemplars {
					e.Timestamp = nil
				}
			}
			if c := m.GetCounter(); c.GetCreatedTimestamp() != nil {
				assert.Equal(t, testStart.Unix(), c.GetCreatedTimestamp().GetSeconds())
			}
		}
		text.WriteString(prototext.MarshalOptions{Multiline: true, Indent: " "}.Format(family))
		text.WriteString("\n")
	}
	// prototext varies its spaces on purpose.
	compareGolden(t, "exposition.proto.txt", withoutVersions(regexp.MustCompile(`: +`).ReplaceAllString(text.String(),
		":")))
}

func parseProtobuf(t testing.TB, body string) []*dto.MetricFamily {
	t.Helper()
	decoder := expfmt.NewDecoder(strings.NewReader(body), expfmt.NewFormat(expfmt.TypeProtoDelim))
	var families []*dto.MetricFamily
	for {
		family := new(dto.MetricFamily)
		err := decoder.Decode(family)
		if errors.Is(err, io.EOF) {
			return families
		}
		require.NoError(t, err)
		families = append(families, family)
	}
}

func parseText(t testing.TB, body string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	require.NoError(t, err)
	return families
}

// addEverything adds a sample of every builtin metric, of metrics like the metrics of a token client and
// of a custom one of each kind.
func addEverything(r *rig) {
	for _, c := range []struct {
		name string
		typ  metrics.MetricType
		time bool
	}{
		{"clientcreds_requests", metrics.Counter, false},
		{"clientcreds_request_duration", metrics.Trend, true},
		{"clientcreds_request_failed", metrics.Rate, false},
		{"clientcreds_token_ttl", metrics.Trend, true},
		{"clientcreds_cache_hits", metrics.Counter, false},
		{"custom_counter_of_orders", metrics.Counter, false},
		{"custom_level", metrics.Gauge, false},
		{"custom_share", metrics.Rate, false},
		{"custom_depth", metrics.Trend, false},
	} {
		contains := metrics.Default
		if c.time {
			contains = metrics.Time
		}
		if _, err := r.registry.NewMetric(c.name, c.typ, contains); err != nil {
			panic(err)
		}
	}
	for _, m := range r.registry.All() {
		r.add(m, 1, "scenario", "default", "le", "1", "quantile", "0.5")
	}
	r.add(r.builtin.Checks, nan(), "scenario", "default")
}

// TestMetricsPassPromlint covers the exporter's own metrics too: one sample is dropped, and the test
// is over.
func TestMetricsPassPromlint(t *testing.T) {
	r := exampleRun(t)
	addEverything(r)
	r.store.finish(nil)
	r.store.conclude(Outcome{
		Verdict: "FAIL", Reasons: []Reason{{"thresholds", "checks: rate==1 does not hold"}},
		ExitCode: 99,
	})
	body := r.scrape(acceptText)
	for _, own := range ownMetrics() {
		assert.Contains(t, body, "# TYPE "+own.name+" ")
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	require.NoError(t, err)
	for _, p := range problems {
		// A script's own name that promlint does not like. It is served as it is.
		if p.Metric == "k6_custom_counter_of_orders_total" {
			continue
		}
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	assert.NotEmpty(t, problems, "promlint checks nothing")
}

// The checks of client_golang find nothing in the metrics of k6 together with the others.
func TestMetricsAreConsistent(t *testing.T) {
	r := exampleRun(t)
	addEverything(r)
	pedantic := prometheus.NewPedanticRegistry()
	require.NoError(t, pedantic.Register(r.own))
	_, err := prometheus.Gatherers{r.store, pedantic}.Gather()
	require.NoError(t, err)
}

// TestNamesAreThoseOfRemoteWrite lists what k6's remote write calls its own metrics.
func TestNamesAreThoseOfRemoteWrite(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false")
	for _, m := range r.registry.All() {
		r.add(m, 1)
	}
	families := parseText(t, r.scrape(acceptText))
	for _, want := range []struct {
		name string
		typ  dto.MetricType
	}{
		{"k6_vus", dto.MetricType_GAUGE},
		{"k6_vus_max", dto.MetricType_GAUGE},
		{"k6_iterations_total", dto.MetricType_COUNTER},
		{"k6_iteration_duration_seconds", dto.MetricType_HISTOGRAM},
		{"k6_dropped_iterations_total", dto.MetricType_COUNTER},
		{"k6_checks_rate", dto.MetricType_GAUGE},
		{"k6_group_duration_seconds", dto.MetricType_HISTOGRAM},
		{"k6_http_reqs_total", dto.MetricType_COUNTER},
		{"k6_http_req_failed_rate", dto.MetricType_GAUGE},
		{"k6_http_req_duration_seconds", dto.MetricType_HISTOGRAM},
		{"k6_http_req_blocked_seconds", dto.MetricType_HISTOGRAM},
		{"k6_http_req_connecting_seconds", dto.MetricType_HISTOGRAM},
		{"k6_http_req_tls_handshaking_seconds", dto.MetricType_HISTOGRAM},
		{"k6_http_req_sending_seconds", dto.MetricType_HISTOGRAM},
		{"k6_http_req_waiting_seconds", dto.MetricType_HISTOGRAM},
		{"k6_http_req_receiving_seconds", dto.MetricType_HISTOGRAM},
		{"k6_ws_sessions_total", dto.MetricType_COUNTER},
		{"k6_ws_msgs_sent_total", dto.MetricType_COUNTER},
		{"k6_ws_msgs_received_total", dto.MetricType_COUNTER},
		{"k6_ws_ping_seconds", dto.MetricType_HISTOGRAM},
		{"k6_ws_session_duration_seconds", dto.MetricType_HISTOGRAM},
		{"k6_ws_connecting_seconds", dto.MetricType_HISTOGRAM},
		{"k6_grpc_req_duration_seconds", dto.MetricType_HISTOGRAM},
		{"k6_data_sent_total", dto.MetricType_COUNTER},
		{"k6_data_received_total", dto.MetricType_COUNTER},
	} {
		if assert.Contains(t, families, want.name) {
			assert.Equal(t, want.typ, families[want.name].GetType(), want.name)
			assert.NotContains(t, families[want.name].GetHelp(), "Custom k6 metric", want.name)
		}
	}
}

func TestHelpOfTheRegistrationComesFirst(t *testing.T) {
	help := Help{"orders": "Orders placed.", metrics.ChecksName: "Our checks."}
	registry := metrics.NewRegistry()
	builtin := metrics.RegisterBuiltinMetrics(registry)
	assert.Equal(t, []string{"Orders placed."}, help.of(registry.MustNewMetric("orders", metrics.Counter)))
	assert.Equal(t, "Our checks: number of samples.", help.of(builtin.Checks)[1])
	assert.Equal(t, []string{"HTTP requests sent."}, help.of(builtin.HTTPReqs))
	assert.Equal(t, []string{"Custom k6 metric of type gauge."}, help.of(registry.MustNewMetric("level", metrics.Gauge)))
}

func TestNativeAndClassicHistograms(t *testing.T) {
	for kind, want := range map[histogramKind]struct{ classic, native bool }{
		histogramsBoth:    {true, true},
		histogramsNative:  {false, true},
		histogramsClassic: {true, false},
	} {
		r := newRig(t, "histograms="+string(kind))
		r.add(r.builtin.HTTPReqDuration, 100)
		body := r.scrape(acceptProtobuf)
		for _, family := range parseProtobuf(t, body) {
			if family.GetName() != "k6_http_req_duration_seconds" {
				continue
			}
			h := family.GetMetric()[0].GetHistogram()
			assert.Equal(t, want.classic, len(h.GetBucket()) > 1, kind)
			assert.Equal(t, want.native, len(h.GetPositiveDelta()) > 0, kind)
		}
		assert.Contains(t, body, "k6_http_req_duration_seconds")
	}
}

func nan() float64 { return math.NaN() }
