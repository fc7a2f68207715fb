package jsmodule

import (
	"errors"
	"fmt"
	"sync"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientpool"
)

// sharedPool is the part of a pool that the VUs share.
type sharedPool struct {
	once sync.Once
	err  error

	assigner  *clientpool.Assigner // nil until the first VU has prepared the pool
	allowance *allowance           // of all clients together
}

// poolOf returns the one pool of that key.
func (p *process) poolOf(key string) *sharedPool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pools[key] == nil {
		p.pools[key] = new(sharedPool)
	}
	return p.pools[key]
}

func (p *process) dropPool(key string, s *sharedPool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pools[key] == s {
		delete(p.pools, key)
	}
}

// errUnprepared is returned to all other VUs if preparing the pool failed.
var errUnprepared = errors.New("the pool could not be made")

// prepare does, in the first VU of the process, what has to be done once. It looks at every client, so
// that a mistake in the last one ends the test before it starts.
func (p *pool) prepare() {
	p.shared.err = errUnprepared
	p.shared.assigner = clientpool.NewAssigner(p.opts.Assignment, p.list.Size())
	p.shared.err = p.check()
}

// mostShapes bounds how many shapes of clients check remembers.
const mostShapes = 1000

func (p *pool) check() error {
	right := make(map[string]bool)
	var doubts clientpool.Doubts
	for i := range p.list.Size() {
		seen := p.list.Glance(i)
		doubts.Add(i, seen)
		if right[seen.Shape] {
			continue
		}
		if seen.Shape != "" && len(right) < mostShapes {
			right[seen.Shape] = true // else an error ends this
		}
		o, err := p.optionsOf(i)
		if err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		p.shared.allowance = newAllowance(o.MaxRequests)
		// Options that all have in common, such as the endpoint, are checked once.
		if _, err := newTokenSource(p.m.process, "", o); err != nil {
			return p.placed(i, nil, err)
		}
	}
	for _, warning := range doubts.Warnings(p.list) {
		p.m.process.logger.Warn(fmt.Sprintf("Pool %q: %s", p.opts.Name, warning))
	}
	return nil
}
