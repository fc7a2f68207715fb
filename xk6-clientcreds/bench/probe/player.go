package probe

import (
	"context"
	"math/rand/v2"
	"runtime/pprof"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/js/modules"
)

// player takes one VU through the blocks.
type player struct {
	vu        modules.VU
	conductor *conductor
	score     *Score
	functions []sobek.Callable
	turns     sobek.Value

	current int             // variant of this block
	left    int             // iterations of this block
	took    []time.Duration // by iterations of this block, if that is measured
}

// run does one iteration of the variant whose turn it is.
func (p *player) run(sobek.FunctionCall) sobek.Value {
	if p.left == 0 {
		variant, ok, err := p.conductor.await(p.vu.Context(), p.took)
		if err != nil {
			p.abort(err.Error())
		}
		if !ok {
			return sobek.Undefined()
		}
		p.current, p.left, p.took = variant, p.score.PerVU, p.took[:0]
		p.label()
	}
	p.left--
	var began time.Time
	if p.score.Latency {
		began = time.Now()
	}
	if _, err := p.functions[p.current](sobek.Undefined(), p.turns); err != nil {
		p.abort(p.score.variants[p.current] + ": " + err.Error())
	}
	if p.score.Latency {
		p.took = append(p.took, time.Since(began))
	}
	if p.score.Pause > 0 {
		p.rest()
	}
	return sobek.Undefined()
}

// rest waits for half to one and a half pauses, so that the VUs do not march in step.
func (p *player) rest() {
	half := p.score.Pause / 2
	select {
	case <-time.After(half + rand.N(2*half)): // #nosec G404 -- spreads requests
	case <-p.vu.Context().Done():
	}
}

// abort ends the test: where one variant does not do its work, no number is worth anything.
func (p *player) abort(reason string) {
	p.vu.Runtime().Interrupt(&errext.InterruptError{Reason: reason})
}

// label marks the VU's goroutine for the profile.
func (p *player) label() {
	if p.score.Profile != "" {
		labels := pprof.Labels("variant", p.score.variants[p.current])
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
	}
}
