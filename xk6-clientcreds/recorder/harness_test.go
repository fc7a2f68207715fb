package recorder

import (
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/verdict"
)

var testStart = time.Unix(1_700_000_000, 0).UTC()

// rig is a recorder with a registry of k6 metrics and a clock that tests move.
type rig struct {
	*recorder

	t        testing.TB
	registry *metrics.Registry
	builtin  *metrics.BuiltinMetrics
	logs     *logtest.Hook
	time     time.Time
}

func newRig(t testing.TB, change ...func(*output.Params)) *rig {
	t.Helper()
	r := &rig{t: t, registry: metrics.NewRegistry(), time: testStart}
	r.builtin = metrics.RegisterBuiltinMetrics(r.registry)
	params := testParams(t, filepath.Join(t.TempDir(), "record.json"), change...)
	r.logs = logtest.NewLocal(params.Logger.(*logrus.Logger))
	var err error
	r.recorder, err = configure(params, verdict.New(), func() time.Time { return r.time })
	require.NoError(t, err)
	r.targets = func() runinfo.Targets {
		return runinfo.Targets{TokenEndpoints: []string{"https://idp.example.com"}, APIs: []string{"https://api.example.com"}}
	}
	r.clients = func() []runinfo.Client { return []runinfo.Client{{Name: "orders", Auth: "client_secret_basic"}} }
	require.NoError(t, r.Start())
	return r
}

func testParams(t testing.TB, file string, change ...func(*output.Params)) output.Params {
	t.Helper()
	script := func(params *output.Params) {
		params.ScriptPath = &url.URL{Scheme: "file", Path: filepath.ToSlash(t.TempDir()) + "/load.js"}
	}
	return k6kit.Params(file, slices.Insert(change, 0, script)...)
}

// add hands one sample of now to the recorder, with names and values of tags in turn.
func (r *rig) add(m *metrics.Metric, value float64, tags ...string) {
	r.AddMetricSamples([]metrics.SampleContainer{k6kit.Sample(r.registry, m, r.time, value, tags...)})
}

// stop ends the test and returns what was written.
func (r *rig) stop(testErr error) *runrecord.Record {
	r.t.Helper()
	require.NoError(r.t, r.StopWithTestError(testErr))
	record, err := runrecord.Read(r.options.File)
	require.NoError(r.t, err)
	return record
}
