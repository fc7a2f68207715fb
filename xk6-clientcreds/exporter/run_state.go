package exporter

import (
	"errors"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
)

// runState holds what is known about the test run: k6 gives an output its plan and its end, the rest
// shows in the samples. The mutex of the store guards it.
type runState struct {
	now        func() time.Time
	scenarios  []*scenario
	thresholds []*threshold
	start      time.Time // zero before the test starts
	end        time.Time // zero while it runs
	completed  bool      // it was not stopped early
	exitCode   int
	outcome    *Outcome // nil where nobody knows
}

func newRunState(o lib.Options, now func() time.Time) (*runState, error) {
	scenarios, err := newScenarios(o)
	return &runState{now: now, scenarios: scenarios}, err
}

// lookForStart infers the start of the test from a batch of samples. The first sample of the test
// itself says when it began: by its time, or as the end of what it measures.
func (r *runState) lookForStart(containers []metrics.SampleContainer) {
	if !r.start.IsZero() {
		return
	}
	for _, container := range containers {
		for _, s := range container.GetSamples() {
			if s.Metric.Name == metrics.VUsName || s.Metric.Name == metrics.VUsMaxName {
				continue // sent during initialization too
			}
			began := s.Time
			if s.Metric.Name == metrics.IterationDurationName || s.Metric.Name == metrics.HTTPReqDurationName {
				began = began.Add(-time.Duration(s.Value * float64(time.Millisecond)))
			}
			if r.start.IsZero() || began.Before(r.start) {
				r.start = began
			}
		}
	}
}

// observersOf returns what of the state a time series changes.
func (r *runState) observersOf(ts metrics.TimeSeries) []observer {
	var list []observer
	for _, t := range r.thresholds {
		if t.watches(ts) {
			list = append(list, t)
		}
	}
	for _, s := range r.scenarios {
		if s.watches(ts) {
			list = append(list, s)
		}
	}
	return list
}

// finish notes that the test is over, with k6's error.
func (r *runState) finish(err error) {
	r.end = r.now()
	r.completed = err == nil || !abortedBy(err, 0)
	if err == nil {
		return
	}
	r.exitCode = 255 // what k6 exits with when an error does not say
	var coded errext.HasExitCode
	if errors.As(err, &coded) {
		r.exitCode = int(coded.ExitCode())
	}
}

// abortedBy says whether err is an abort for that reason, or with 0 one for any reason that stops a
// test early.
func abortedBy(err error, reason errext.AbortReason) bool {
	var abort errext.HasAbortReason
	if !errors.As(err, &abort) {
		return false
	}
	if reason == 0 {
		return abort.AbortReason() != errext.AbortedByThresholdsAfterTestEnd
	}
	return abort.AbortReason() == reason
}

// elapsed is how long the test has run.
func (r *runState) elapsed() time.Duration {
	switch {
	case r.start.IsZero():
		return 0
	case r.end.IsZero():
		return max(0, r.now().Sub(r.start))
	default:
		return max(0, r.end.Sub(r.start))
	}
}

// progress is how much of the whole test is done, 0 to 1: the time that has passed against the time
// that the longest scenario still takes. It is not known where a scenario's length is not.
func (r *runState) progress() (part float64, known bool) {
	elapsed, left := r.elapsed(), time.Duration(0)
	for _, s := range r.scenarios {
		if s.length <= 0 {
			return 0, false
		}
		left = max(left, s.left(elapsed))
	}
	switch {
	case len(r.scenarios) == 0:
		return 0, false
	case r.start.IsZero():
		return 0, true
	case r.completed && !r.end.IsZero(), left == 0:
		return 1, true
	default:
		return float64(elapsed) / float64(elapsed+left), true
	}
}
