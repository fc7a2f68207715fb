// Package harness registers the extension with k6: the JavaScript module k6/x/clientcreds, the
// outputs prometheus and clientcreds-record, and the command k6 x clientcreds. It holds nothing else;
// the code is in xk6-clientcreds/.
package harness

import (
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/output"
	"go.k6.io/k6/v2/subcommand"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/command"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/exporter"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsmodule"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/recorder"
)

func init() {
	exporters := &exporter.Exporters{Help: moduleHelp()}
	recorders := &recorder.Recorders{Lost: exporters.Dropped}
	module := jsmodule.New()
	recorders.Clients = module.Clients
	module.Ask(jsmodule.Outputs{Judge: recorders.Judge, Lost: exporters.Dropped, Record: recorders.Written})
	modules.Register(jsmodule.ImportPath, module)
	output.RegisterExtension(exporter.Name, exporters.New)
	output.RegisterExtension(recorder.Name, recorders.New)
	subcommand.RegisterExtension(command.Name, command.New)
}

// moduleHelp tells the exporter what the module's metrics mean. The two packages do not know each
// other.
func moduleHelp() exporter.Help {
	help := make(exporter.Help)
	for _, m := range jsmodule.Metrics() {
		help[m.Name] = m.Help
	}
	return help
}
