package probe

import (
	"context"
	"runtime/pprof"

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

	current int // variant of this block
	left    int // iterations of this block
}

// run does one iteration of the variant whose turn it is.
func (p *player) run(sobek.FunctionCall) sobek.Value {
	if p.left == 0 {
		variant, ok, err := p.conductor.await(p.vu.Context())
		if err != nil {
			p.abort(err.Error())
		}
		if !ok {
			return sobek.Undefined()
		}
		p.current, p.left = variant, p.score.PerVU
		p.label()
	}
	p.left--
	if _, err := p.functions[p.current](sobek.Undefined(), p.turns); err != nil {
		p.abort(p.score.variants[p.current] + ": " + err.Error())
	}
	return sobek.Undefined()
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
