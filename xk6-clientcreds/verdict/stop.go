package verdict

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/condition"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// stop says what stopped the test before its load was over, nil where nothing did.
func (r *Run) stop() *validity.Stop {
	by, stopped := r.stopper()
	if !stopped {
		return nil
	}
	s := &validity.Stop{By: by, Of: r.planned.Seconds()}
	if by == byScript || by == byException {
		s.Why = r.safeText(r.err.Error())
	}
	from, to := r.loaded, r.ended
	if from.IsZero() && !r.imported {
		from = r.started // the module sees iterations begin, the recorder does not
	}
	if !r.signalTime.IsZero() {
		to = r.signalTime // teardown() comes after it
	}
	if to.IsZero() {
		to = r.now()
	}
	if !from.IsZero() {
		s.After = max(0, to.Sub(from).Round(time.Millisecond).Seconds())
	}
	return s
}

// afterLoad says whether a stop came when the load was over, in the time that iterations have to end, or in teardown().
func afterLoad(s *validity.Stop) bool { return s != nil && s.Of > 0 && s.After >= s.Of }

// The errors that stop a test and say why.
const (
	byScript    = "the script"
	byException = "an exception"
)

// stopper names what stopped the test. An exception stops it in setup() or before, since exceptions of iterations do
// not, and after the load nothing is stopped. Where k6's error is not known yet, its status is: in handleSummary
// without an output.
func (r *Run) stopper() (by string, stopped bool) {
	var abort errext.HasAbortReason
	if !errors.As(r.err, &abort) {
		if r.decided && r.signal == "" {
			return validity.ByDecision, true
		}
		if r.err != nil && codeOf(r.err) == exitUnknown && r.tally.Iterations == 0 {
			return byException, true // an asynchronous setup() was rejected
		}
		return r.guess(), r.test != nil && r.test.GetCurrentExecutionStatus() == lib.ExecutionStatusInterrupted
	}
	switch abort.AbortReason() {
	case errext.AbortedByThresholdsAfterTestEnd:
		return "", false
	case errext.AbortedByThreshold:
		return validity.ByThreshold, true
	case errext.AbortedByUser:
		return r.user(), true
	case errext.AbortedByScriptAbort:
		return byScript, true
	case errext.AbortedByScriptError:
		return byException, r.tally.Iterations == 0
	case errext.AbortedByTimeout:
		return "a timeout", r.tally.Iterations == 0
	case errext.AbortedByOutput:
		return "an output", true
	default:
		return "", true
	}
}

// user names by what the user stopped the test.
func (r *Run) user() string {
	switch text := r.err.Error(); {
	case codeOf(r.err) == int(exitcodes.ScriptStoppedFromRESTAPI):
		return "the REST API"
	case strings.Contains(text, "'interrupt'"):
		return "SIGINT"
	case strings.Contains(text, "'terminated'"):
		return "SIGTERM"
	default:
		return r.signal
	}
}

// guess names what stopped the test by what else is known.
func (r *Run) guess() string {
	if r.signal != "" {
		return r.signal
	}
	for _, name := range slices.Sorted(maps.Keys(r.thresholds)) {
		for _, t := range r.thresholds[name].Thresholds {
			if t.AbortOnFail && t.LastFailed && !r.noThresholds {
				return validity.ByThreshold
			}
		}
	}
	return ""
}

// failed says how the test failed after its load, "" where it has not: the script marked it, or teardown() did not end
// well.
func (r *Run) failed() string {
	switch {
	case codeOf(r.err) == int(exitcodes.MarkedAsFailed), r.test != nil && r.test.Test.TestStatus != nil &&
		r.test.Test.TestStatus.Failed():
		return "the script marked the test as failed"
	case r.tally.Iterations == 0:
		return "" // it did not come to teardown()
	case codeOf(r.err) == exitUnknown && !errors.As(r.err, new(errext.HasAbortReason)):
		return "teardown() ended with an exception" // an asynchronous one was rejected
	case codeOf(r.err) == int(exitcodes.ScriptException):
		return "teardown() ended with an exception"
	case codeOf(r.err) == int(exitcodes.TeardownTimeout):
		return "teardown() took too long"
	default:
		return ""
	}
}

// evaluated are the thresholds of the script and whether they held, as k6 decided. Those that only make k6 keep a
// submetric are left out, unless one was crossed.
func (r *Run) evaluated() []validity.Threshold {
	all := []validity.Threshold{}
	if r.noThresholds {
		return all
	}
	for _, metric := range slices.Sorted(maps.Keys(r.thresholds)) {
		for _, t := range r.thresholds[metric].Thresholds {
			if c, err := condition.Parse(t.Source); err == nil && c.Void() && !t.LastFailed {
				continue
			}
			all = append(all, validity.Threshold{Metric: metric, Source: t.Source, Crossed: t.LastFailed})
		}
	}
	return all
}

// planned is how long the load is to run, without the time to stop gracefully. It is not known, and 0, where a number
// of iterations ends it.
func planned(scenarios lib.ScenarioConfigs) time.Duration {
	var longest time.Duration
	for _, config := range scenarios {
		var length time.Duration
		switch c := config.(type) {
		case executor.ConstantVUsConfig:
			length = c.Duration.TimeDuration()
		case *executor.ConstantArrivalRateConfig:
			length = c.Duration.TimeDuration()
		case executor.RampingVUsConfig:
			length = sum(c.Stages)
		case *executor.RampingArrivalRateConfig:
			length = sum(c.Stages)
		default:
			return 0
		}
		longest = max(longest, config.GetStartTime()+length)
	}
	return longest
}

func sum(stages []executor.Stage) time.Duration {
	var total time.Duration
	for _, stage := range stages {
		total += stage.Duration.TimeDuration()
	}
	return total
}
