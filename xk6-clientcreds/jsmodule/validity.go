package jsmodule

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// Outputs is what the module asks the outputs of its process. Nil functions stand for outputs that
// are not there.
type Outputs struct {
	// Judge says whether the run counts, by all samples sent before the call. It is false when no
	// output knows.
	Judge func(ctx context.Context) (regress.Validity, bool)
	// Lost says how many samples were lost, by the reason.
	Lost func() map[string]int64
	// Record names the file that the run was recorded in, "" when there is none.
	Record func() string
}

// validity is validity(data): the verdict on the data of handleSummary.
func (m *instance) validity(call sobek.FunctionCall) sobek.Value {
	rt := m.vu.Runtime()
	var data struct{ Metrics summaryMetrics }
	object, ok := call.Argument(0).(*sobek.Object)
	if ok {
		// By way of JSON: what k6 hands out wraps values of Go of all kinds.
		text, err := object.MarshalJSON()
		ok = err == nil && json.Unmarshal(text, &data) == nil && data.Metrics != nil
	}
	if !ok {
		panic(rt.NewTypeError("%s: validity() wants the data that k6 gives handleSummary", ImportPath))
	}
	facts := factsOf(data.Metrics)
	if m.process.outputs.Lost != nil {
		for _, samples := range m.process.outputs.Lost() {
			facts.Lost += float64(samples)
		}
	}
	v := regress.Judge(facts, m.allowed())
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

// allowed is what the script and the environment allow.
func (m *instance) allowed() regress.Allowed {
	rt := m.vu.Runtime()
	var external []byte
	if state := m.vu.State(); state != nil {
		external = state.Options.External[regress.OptionsKey]
	}
	variable, _ := m.process.places.lookupEnv(regress.AllowVariable)
	allowed, err := regress.AllowedBy(external, variable)
	if err != nil {
		panic(rt.NewTypeError("%s: %s", ImportPath, err))
	}
	return allowed
}

// requireValid is requireValid(), for teardown(): it ends a run that does not count with an exit code
// of its own. k6 offers nobody else to do so: a test that is over ends with an error of its teardown
// or of its thresholds, and what outputs and handleSummary return is only logged.
func (m *instance) requireValid(sobek.FunctionCall) sobek.Value {
	rt := m.vu.Runtime()
	state := m.vu.State()
	if state == nil || state.VUID != 0 {
		panic(rt.NewTypeError("%s: requireValid() is to be called in teardown()", ImportPath))
	}
	if m.process.outputs.Judge == nil {
		return sobek.Undefined()
	}
	m.process.flush()
	if v, judged := m.process.outputs.Judge(m.vu.Context()); judged && v.Verdict == regress.Invalid {
		rt.Interrupt(&invalidRunError{fmt.Sprintf("the run does not count: %s", v)})
	}
	return sobek.Undefined()
}

// invalidRunError is the error of a run that does not count.
type invalidRunError struct{ text string }

var _ errext.HasExitCode = (*invalidRunError)(nil)

// Error implements error.
func (e *invalidRunError) Error() string { return e.text }

// ExitCode implements errext.HasExitCode.
func (*invalidRunError) ExitCode() exitcodes.ExitCode { return regress.ExitInvalid }
