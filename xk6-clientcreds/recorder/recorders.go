package recorder

import (
	"context"
	"sync"
	"time"

	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// Recorders makes the outputs of a process, and answers for them while the test runs.
type Recorders struct {
	// Lost says how many samples other outputs have lost, by the reason. It may be nil.
	Lost func() map[string]int64
	// Clients are those of the script. It may be nil.
	Clients func() []regress.Client

	mu   sync.Mutex
	last *recorder
}

// New is a constructor of the output, as output.RegisterExtension takes it.
func (rs *Recorders) New(params output.Params) (output.Output, error) {
	r, err := configure(params, time.Now)
	if err != nil {
		return nil, invalidConfig(err)
	}
	r.lost, r.clients = rs.lost, rs.clients
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.last = r
	return r, nil
}

func (rs *Recorders) lost() map[string]int64 {
	if rs.Lost == nil {
		return nil
	}
	return rs.Lost()
}

func (rs *Recorders) clients() []regress.Client {
	if rs.Clients == nil {
		return nil
	}
	return rs.Clients()
}

// Judge says whether the run counts by all samples that were sent before the call. Thresholds are
// left out: k6 decides on them after the test. It is false when nothing is recorded.
func (rs *Recorders) Judge(ctx context.Context) (regress.Validity, bool) {
	rs.mu.Lock()
	r := rs.last
	rs.mu.Unlock()
	if r == nil || !r.settle(ctx) {
		return regress.Validity{}, false
	}
	return r.record(nil).Validity, true
}

// Written names the file that the last output has written, "" when there is none.
func (rs *Recorders) Written() string {
	rs.mu.Lock()
	r := rs.last
	rs.mu.Unlock()
	if r == nil || !r.written.Load() {
		return ""
	}
	return r.options.File
}

// settle waits until the samples are there that were sent before the call: k6 hands them on in
// batches, also empty ones. The first that comes may have been made up before; the second is later.
func (r *recorder) settle(ctx context.Context) bool {
	for range 2 {
		r.mu.Lock()
		arrived := r.arrived
		r.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
