package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
)

// conductor starts a block when every VU has finished the one before.
type conductor struct {
	mu      sync.Mutex
	score   *Score
	meter   *block.Meter
	next    int           // block of the plan
	arrived int           // VUs that wait for it
	started chan struct{} // closed when it starts
	took    []time.Duration
	profile *os.File
	listen  *os.File // gets the announcements; nil if nobody wants them

	observed observed
}

// begin returns the score. The VUs of a process share it.
func (c *conductor) begin(lookup func(string) (string, bool), variants []string) (*Score, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.score != nil {
		return c.score, nil
	}
	score, err := parseScore(lookup, variants)
	if err != nil {
		return nil, err
	}
	if score.Profile != "" {
		if c.profile, err = os.Create(score.Profile); err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		if err = pprof.StartCPUProfile(c.profile); err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
	}
	if score.Announce != "" {
		if c.listen, err = os.OpenFile(score.Announce, os.O_WRONLY, 0); err != nil {
			return nil, fmt.Errorf("announcements: %w", err)
		}
	}
	if score.Cores > 0 {
		runtime.GOMAXPROCS(score.Cores)
	}
	c.score, c.started = score, make(chan struct{})
	return score, nil
}

// await takes how long the iterations of a VU took in the block that it has finished. It returns the
// variant of the next block, when that begins, or false after the last one. An error means that the
// measurements could not be made or saved.
func (c *conductor) await(ctx context.Context, took []time.Duration) (variant int, ok bool, err error) {
	c.mu.Lock()
	next, started := c.next, c.started
	c.arrived++
	c.took = append(c.took, took...)
	if c.arrived == c.score.VUs {
		err = c.turn()
	}
	c.mu.Unlock()
	if err != nil {
		return 0, false, err
	}
	select {
	case <-started:
	case <-ctx.Done():
		return 0, false, context.Cause(ctx)
	}
	if next == len(c.score.plan) {
		return 0, false, nil
	}
	return c.score.plan[next], true, nil
}

// turn ends the block that all VUs have finished and starts the next one.
func (c *conductor) turn() error {
	switch {
	case c.next > 0:
		if err := c.end(c.next - 1); err != nil {
			return err
		}
	case c.score.Latency:
		c.meter = new(block.Meter)
	default:
		c.meter = block.NewMeter()
	}
	if c.next == len(c.score.plan) {
		if err := c.save(); err != nil {
			return err
		}
	} else {
		if c.next%len(c.score.variants) == 0 {
			c.meter.Collect()
		}
		next := c.score.variants[c.score.plan[c.next]]
		c.observed.turn(slices.Contains(c.score.Observed, next))
		if err := c.announce(next); err != nil {
			return err
		}
		c.meter.Start()
	}
	close(c.started)
	c.next, c.arrived, c.started = c.next+1, 0, make(chan struct{})
	return nil
}

// end ends a block of the plan.
func (c *conductor) end(played int) error {
	c.meter.Lap()
	if err := c.announce(""); err != nil {
		return err
	}
	time.Sleep(c.score.Settle)
	c.meter.Stop(c.score.variants[c.score.plan[played]], played/len(c.score.variants), c.score.units(), c.took)
	c.took = c.took[:0]
	return nil
}

// announce tells the listener, if there is one, which variant begins, or that one is over.
func (c *conductor) announce(variant string) error {
	if c.listen == nil {
		return nil
	}
	if _, err := fmt.Fprintln(c.listen, variant); err != nil {
		return fmt.Errorf("announcements: %w", err)
	}
	return nil
}

// save writes what was measured.
func (c *conductor) save() error {
	if c.listen != nil {
		if err := c.listen.Close(); err != nil {
			return fmt.Errorf("announcements: %w", err)
		}
	}
	if c.profile != nil {
		pprof.StopCPUProfile()
		if err := c.profile.Close(); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
	}
	text, err := json.Marshal(c.meter.Run())
	if err != nil {
		return fmt.Errorf("measurements: %w", err)
	}
	if err := os.WriteFile(c.score.Output, text, 0o600); err != nil {
		return fmt.Errorf("measurements: %w", err)
	}
	return nil
}
