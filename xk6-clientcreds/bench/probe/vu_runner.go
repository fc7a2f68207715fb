package probe

import (
	"context"
	"math/rand/v2"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/js/modules"
)

// vuRunner takes one VU through the blocks.
type vuRunner struct {
	vu        modules.VU
	scheduler *scheduler
	schedule  *Schedule
	functions []sobek.Callable
	once      sobek.Value // the argument of single variants
	repeats   sobek.Value // and of all others

	current int             // variant of this block
	left    int             // iterations of this block
	took    []time.Duration // by iterations of this block, if that is measured
}

// run does one iteration of the variant whose turn it is.
func (r *vuRunner) run(sobek.FunctionCall) sobek.Value {
	if r.left == 0 {
		variant, ok, err := r.scheduler.await(r.vu.Context(), r.took)
		if err != nil {
			r.abort(err.Error())
		}
		if !ok {
			return sobek.Undefined()
		}
		r.current, r.left, r.took = variant, r.schedule.iterations(variant), r.took[:0]
		r.label()
	}
	r.left--
	var began time.Time
	if r.schedule.Latency {
		began = time.Now()
	}
	repeats := r.repeats
	if slices.Contains(r.schedule.Single, r.schedule.variants[r.current]) {
		repeats = r.once
	}
	if _, err := r.functions[r.current](sobek.Undefined(), repeats); err != nil {
		r.abort(r.schedule.variants[r.current] + ": " + err.Error())
	}
	if r.schedule.Latency {
		r.took = append(r.took, time.Since(began))
	}
	if r.schedule.Pause > 0 {
		r.rest()
	}
	return sobek.Undefined()
}

// rest waits for half to one and a half pauses, so that the VUs do not march in step.
func (r *vuRunner) rest() {
	half := r.schedule.Pause / 2
	select {
	case <-time.After(half + rand.N(2*half)): // #nosec G404 -- spreads requests
	case <-r.vu.Context().Done():
	}
}

// abort ends the test: where one variant does not do its work, no number is worth anything.
func (r *vuRunner) abort(reason string) {
	r.vu.Runtime().Interrupt(&errext.InterruptError{Reason: reason})
}

// label marks the VU's goroutine for the profile.
func (r *vuRunner) label() {
	if r.schedule.Profile != "" {
		labels := pprof.Labels("variant", r.schedule.variants[r.current])
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
	}
}
