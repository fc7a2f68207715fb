// Package harness registers the extension with k6: the JavaScript module k6/x/clientcreds, the
// outputs prometheus and clientcreds-record, and the command k6 x clientcreds. It holds nothing else;
// the code is in xk6-clientcreds/.
package harness

import (
	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/ext"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/output"
	"go.k6.io/k6/v2/subcommand"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/command"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/exporter"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsmodule"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/recorder"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/verdict"
)

func init() {
	module := jsmodule.New()
	run := module.Run()
	exporters := &exporter.Exporters{Help: moduleHelp(), Observe: run.Observe, Outcome: outcomeOf(run)}
	run.Lost = exporters.Dropped
	exporters.Unwritten = run.Unwritten
	recorders := &recorder.Recorders{Run: run, Clients: module.Clients, Targets: module.Targets}
	modules.Register(jsmodule.ImportPath, module)
	output.RegisterExtension(exporter.Name, exporters.New)
	output.RegisterExtension(recorder.Name, recorders.New)
	subcommand.RegisterExtension(command.Name, func(gs *state.GlobalState) *cobra.Command {
		run.Attach(gs)
		return command.New(gs, files)
	})
	nameVersion()
}

// nameVersion gives the extension a version also if it was built from a folder. To k6 it is (devel) then, which does
// not satisfy a script that requires a version.
func nameVersion() {
	for _, e := range ext.GetAll() {
		if e.Path == procinfo.ExtensionModule {
			e.Version = procinfo.VersionOf(procinfo.ExtensionModule)
		}
	}
}

// moduleHelp gives the exporter the meanings of the module's metrics. The two packages do not know each
// other.
func moduleHelp() exporter.Help {
	help := make(exporter.Help)
	for _, m := range jsmodule.Metrics() {
		help[m.Name] = m.Help
	}
	return help
}

// outcomeOf gives the exporter the outcome of the run.
func outcomeOf(run *verdict.Run) func(error) (exporter.Outcome, bool) {
	return func(testErr error) (exporter.Outcome, bool) {
		o, known := run.Finish(testErr)
		told := exporter.Outcome{Verdict: string(o.Verdict), ExitCode: o.ExitCode, End: o.End}
		for _, r := range o.Reasons {
			told.Reasons = append(told.Reasons, exporter.Reason{Rule: r.Rule, Text: r.Text})
		}
		return told, known
	}
}
