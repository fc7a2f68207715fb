package verdict

import (
	"errors"
	"fmt"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// Outcome is the outcome of a run.
type Outcome struct {
	validity.Validity

	// Inputs are the verdict's inputs that add up over processes.
	Inputs     validity.Inputs
	Thresholds []validity.Threshold
	Lost       map[string]int64 // samples by reason, from Run.Lost
	Stopped    *validity.Stop   // nil where nothing stopped the test early
	Failed     string           // how the test failed after its load; "" where it has not
	// Start and End bound the test itself: outputs are started before and stopped after it. End is zero while the
	// test runs, and both are where no test was started.
	Start, End time.Time
	// ExitCode is k6's exit code.
	ExitCode int

	own  int  // what k6 would exit with on its own
	kept bool // the settings keep k6's own exit code
}

// String is the verdict with its reasons, and where it is not PASS the exit code and what else it could be.
func (o Outcome) String() string {
	text := o.Validity.String()
	switch {
	case o.Verdict == validity.Pass:
		return text
	case o.ExitCode != o.own:
		return fmt.Sprintf("%s; exit code %d, not %d: set %s=k6 to keep k6's own", text, o.ExitCode, o.own, ExitCodeVariable)
	case o.kept && o.Verdict == validity.Invalid:
		return fmt.Sprintf("%s; exit code %d, as exitCode or %s asks for", text, o.ExitCode, ExitCodeVariable)
	default:
		return fmt.Sprintf("%s; exit code %d", text, o.ExitCode)
	}
}

// exitCode returns the exit code that replaces k6's own code. Codes of runs that went wrong in another way stay.
func (s settings) exitCode(v validity.Verdict, own int) int {
	replaced := own == 0 || own == int(exitcodes.ThresholdsHaveFailed) || own == int(exitcodes.MarkedAsFailed)
	if v == validity.Invalid && replaced && !s.keep {
		return validity.ExitInvalid
	}
	return own
}

// exitUnknown is k6's exit code for errors without a code of their own.
const exitUnknown = 255

// codeOf returns k6's exit code for an error.
func codeOf(err error) int {
	var coded errext.HasExitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return int(coded.ExitCode())
	default:
		return exitUnknown
	}
}
