// Package probe is a k6 module for the benchmarks' scripts: it takes the virtual users through
// the blocks of package block, all of them doing the same variant at the same time.
package probe

import (
	"fmt"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"
)

// ImportPath is the name by which scripts import the module.
const ImportPath = "k6/x/bench"

// RootModule is the module as k6 registers it: one per process.
type RootModule struct {
	scheduler scheduler
}

// New returns the module for registration with k6.
func New() *RootModule { return new(RootModule) }

// NewModuleInstance implements modules.Module.
func (r *RootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	rt := vu.Runtime()
	constant := rt.ToValue("a value that was made once")
	native := rt.NewObject()
	must(native.Set("constant", func(sobek.FunctionCall) sobek.Value { return constant }))
	m := &instance{vu: vu, scheduler: &r.scheduler}
	m.exports = modules.Exports{Named: map[string]any{
		"native": native,
		"blocks": rt.ToValue(m.blocks),
	}}
	return m
}

type instance struct {
	vu        modules.VU
	scheduler *scheduler
	exports   modules.Exports
}

// Exports implements modules.Instance.
func (m *instance) Exports() modules.Exports { return m.exports }

// blocks is `blocks({name: function, …})`, called in the init context. It returns {options, run}:
// what the script must export as its options, and what its iterations must call.
func (m *instance) blocks(call sobek.FunctionCall) sobek.Value {
	rt := m.vu.Runtime()
	variants := call.Argument(0).ToObject(rt)
	runner := &vuRunner{vu: m.vu, scheduler: m.scheduler}
	for _, name := range variants.Keys() {
		function, ok := sobek.AssertFunction(variants.Get(name))
		if !ok {
			panic(rt.NewTypeError("blocks: " + name + " is not a function"))
		}
		runner.functions = append(runner.functions, function)
	}
	schedule, err := m.scheduler.begin(m.vu.InitEnv().LookupEnv, variants.Keys())
	if err != nil {
		common.Throw(rt, err)
	}
	runner.schedule, runner.once, runner.repeats = schedule, rt.ToValue(1), rt.ToValue(schedule.Repeats)
	result := rt.NewObject()
	must(result.Set("options", map[string]any{
		"scenarios": map[string]any{"blocks": map[string]any{
			"executor":    "per-vu-iterations",
			"vus":         schedule.VUs,
			"iterations":  schedule.allIterations(),
			"maxDuration": time.Hour.String(),
		}},
	}))
	must(result.Set("run", runner.run))
	return result
}

// must is for properties of plain objects, which can always be set.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("setting a property: %v", err))
	}
}
