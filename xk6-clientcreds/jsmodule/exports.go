package jsmodule

import (
	"slices"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/js/modules"
)

// exportNames are the members of k6/x/clientcreds, in the order of index.d.ts.
var exportNames = [...]string{"Client", "ClientPool", "TokenError", "validity", "serverUsage", "keepSubmetrics"}

// exports is the module as scripts import it. It makes each member when a script first asks for it: a class costs up to
// two kilobytes in every VU, and most scripts use one.
type exports instance

// Exports implements modules.Instance. k6 looks the names of an import up in the default export where there is
// nothing else; what is exported by name it would make for every VU.
func (m *instance) Exports() modules.Exports { return modules.Exports{Default: m.exports} }

// Get implements sobek.DynamicObject.
func (e *exports) Get(name string) sobek.Value {
	i := slices.Index(exportNames[:], name)
	if i < 0 {
		return nil
	}
	if e.made[i] == nil {
		e.made[i] = (*instance)(e).member(name)
	}
	return e.made[i]
}

func (m *instance) member(name string) sobek.Value {
	switch name {
	case "Client":
		return m.function(name, m.newClient)
	case "ClientPool":
		return m.function(name, m.newClientPool)
	case "TokenError":
		return m.tokenErrorClass()
	case "validity":
		return m.function(name, m.validity)
	case "serverUsage":
		return m.function(name, m.serverUsage)
	case "keepSubmetrics":
		return m.function(name, m.keepSubmetrics)
	}
	return nil
}

// Has implements sobek.DynamicObject.
func (*exports) Has(name string) bool { return slices.Contains(exportNames[:], name) }

// Keys implements sobek.DynamicObject.
func (*exports) Keys() []string { return exportNames[:] }

// Set implements sobek.DynamicObject: a module cannot be changed.
func (*exports) Set(string, sobek.Value) bool { return false }

// Delete implements sobek.DynamicObject.
func (*exports) Delete(string) bool { return false }
