package jsmodule

import (
	"math"
	"time"

	"github.com/grafana/sobek"
)

// serverUsage is serverUsage(from, to), for handleSummary: what the servers under test used of their resources on
// average. The times are milliseconds since 1970; without them it is the whole run.
func (m *instance) serverUsage(call sobek.FunctionCall) sobek.Value {
	rt, run := m.vu.Runtime(), m.process.run
	if m.vu.State() == nil || run.Running() {
		panic(rt.NewTypeError("%s: serverUsage() is called in the init context or during the test; call it in "+
			"handleSummary(), because the measurements are complete when the test is over", ImportPath))
	}
	from, to := m.moment(call.Argument(0), "from", math.MinInt64), m.moment(call.Argument(1), "to", math.MaxInt64)
	usages := run.ServerUsages(from, to)
	all := make([]any, len(usages))
	for i, u := range usages {
		all[i] = map[string]any{"server": u.Server, "resource": u.Resource, "usage": u.Usage}
	}
	return rt.NewArray(all...)
}

// moment reads a time; otherwise is the one without an argument.
func (m *instance) moment(value sobek.Value, name string, otherwise int64) time.Time {
	if sobek.IsUndefined(value) {
		return time.UnixMilli(otherwise)
	}
	at, ok := value.Export().(float64)
	if whole, isWhole := value.Export().(int64); isWhole {
		at, ok = float64(whole), true
	}
	if !ok || !(math.Abs(at) < 1e15) {
		panic(m.vu.Runtime().NewTypeError("%s: %s of serverUsage() is not a time; write milliseconds since 1970, such as "+
			"Date.now()", ImportPath, name))
	}
	return time.UnixMilli(int64(at))
}
