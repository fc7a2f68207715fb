package jsmodule

import (
	"github.com/grafana/sobek"
)

// validity is validity(), for handleSummary: the verdict on the run, which is the same whatever data a script gives it.
func (m *instance) validity(sobek.FunctionCall) sobek.Value {
	rt, run := m.vu.Runtime(), m.process.run
	if m.vu.State() == nil || run.Running() {
		panic(rt.NewTypeError("%s: validity() is called in the init context or during the test; call it in handleSummary(), "+
			"because the verdict is known when the test is over", ImportPath))
	}
	v := run.Outcome().Validity
	reasons := make([]any, len(v.Reasons))
	for i, r := range v.Reasons {
		reasons[i] = map[string]any{"rule": r.Rule, "text": r.Text, "value": r.Value, "limit": r.Limit}
	}
	result := rt.NewObject()
	mustSet(result, "verdict", string(v.Verdict))
	mustSet(result, "text", v.String())
	mustSet(result, "reasons", rt.NewArray(reasons...))
	mustSet(result, "process", m.counts())
	return result
}
