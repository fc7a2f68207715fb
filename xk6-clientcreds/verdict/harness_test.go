package verdict

import (
	"testing"
	"time"

	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gopkg.in/guregu/null.v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/lib/types"
	"go.k6.io/k6/v2/metrics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testStart = time.Unix(1_700_000_000, 0).UTC()

// rig is a run of a script that imports the module, with a clock that tests move.
type rig struct {
	*Run

	t        *testing.T
	registry *metrics.Registry
	env      map[string]string
	state    *lib.TestPreInitState
	options  lib.Options
	logs     *logtest.Hook
	time     time.Time
}

func newRig(t *testing.T, change ...func(*rig)) *rig {
	t.Helper()
	log, logs := logtest.NewNullLogger()
	r := &rig{
		Run: New(), t: t, registry: metrics.NewRegistry(), env: make(map[string]string), logs: logs,
		time: testStart,
	}
	r.now = func() time.Time { return r.time }
	metrics.RegisterBuiltinMetrics(r.registry)
	for name := range counts() {
		if r.registry.Get(name) == nil {
			kind := metrics.Counter
			if name == "clientcreds_request_failed" || name == "clientcreds_generator_saturated" {
				kind = metrics.Rate
			}
			r.registry.MustNewMetric(name, kind)
		}
	}
	r.state = &lib.TestPreInitState{
		Registry: r.registry, Logger: log, TestStatus: lib.NewTestStatus(),
		LookupEnv: func(name string) (string, bool) { value, found := r.env[name]; return value, found },
	}
	r.options.Scenarios = lib.ScenarioConfigs{"load": constant("load", 6*time.Second)}
	for _, f := range change {
		f(r)
	}
	require.NoError(t, r.Import(r.state))
	return r
}

// begin starts the test, and its first iteration a second later, after setup().
func (r *rig) begin() *rig {
	r.t.Helper()
	r.start()
	r.time = r.time.Add(time.Second)
	require.NoError(r.t, r.Begin(r.execution()))
	return r
}

func (r *rig) execution() *lib.ExecutionState {
	tuple, err := lib.NewExecutionTuple(nil, nil)
	require.NoError(r.t, err)
	return lib.NewExecutionState(&lib.TestRunState{TestPreInitState: r.state, Options: r.options}, tuple, 1, 1)
}

// sample is one of now, with names and values of tags in turn.
func (r *rig) sample(name string, value float64, tags ...string) metrics.Sample {
	m := r.registry.Get(name)
	require.NotNil(r.t, m, name)
	return k6kit.Sample(r.registry, m, r.time, value, tags...)
}

// see hands a sample to k6's sinks, as k6 does for its summary and thresholds.
func (r *rig) see(name string, value float64, tags ...string) {
	s := r.sample(name, value, tags...)
	for _, sub := range s.Metric.Submetrics {
		require.True(r.t, s.Tags.Contains(sub.Tags))
		sub.Metric.Sink.Add(s)
	}
}

// good has the run see what makes it count.
func (r *rig) good() *rig {
	r.see("iterations", 10, "scenario", "load")
	r.see("http_reqs", 10, "status", "200")
	r.see("clientcreds_cache_hits", 10)
	r.see("clientcreds_request_failed", 0, "reason", "cold")
	return r
}

func constant(name string, length time.Duration) lib.ExecutorConfig {
	config := executor.NewConstantVUsConfig(name)
	config.VUs, config.Duration = null.IntFrom(1), types.NullDurationFrom(length)
	return config
}
