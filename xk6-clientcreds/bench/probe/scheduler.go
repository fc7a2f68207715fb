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

// scheduler starts a block when every VU has finished the one before.
type scheduler struct {
	mu       sync.Mutex
	schedule *Schedule
	meter    *block.Meter
	next     int           // block of the plan
	arrived  int           // VUs that wait for it
	started  chan struct{} // closed when it starts
	took     []time.Duration
	profile  *os.File
	listen   *os.File // gets the announcements; nil if nobody needs them

	gate outputGate
}

// begin returns the schedule. The VUs of a process share it.
func (s *scheduler) begin(lookup func(string) (string, bool), variants []string) (*Schedule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schedule != nil {
		return s.schedule, nil
	}
	schedule, err := parseSchedule(lookup, variants)
	if err != nil {
		return nil, err
	}
	if schedule.Profile != "" {
		if s.profile, err = os.Create(schedule.Profile); err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		if err = pprof.StartCPUProfile(s.profile); err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
	}
	if schedule.Announce != "" {
		if s.listen, err = os.OpenFile(schedule.Announce, os.O_WRONLY, 0); err != nil {
			return nil, fmt.Errorf("announcements: %w", err)
		}
	}
	if schedule.Cores > 0 {
		runtime.GOMAXPROCS(schedule.Cores)
	}
	s.schedule, s.started = schedule, make(chan struct{})
	return schedule, nil
}

// await takes how long the iterations of a VU took in the block that it has finished. It returns the
// variant of the next block, when that begins, or false after the last one. An error means that the
// measurements could not be made or saved.
func (s *scheduler) await(ctx context.Context, took []time.Duration) (variant int, ok bool, err error) {
	s.mu.Lock()
	next, started := s.next, s.started
	s.arrived++
	s.took = append(s.took, took...)
	if s.arrived == s.schedule.VUs {
		err = s.advance()
	}
	s.mu.Unlock()
	if err != nil {
		return 0, false, err
	}
	select {
	case <-started:
	case <-ctx.Done():
		return 0, false, context.Cause(ctx)
	}
	if next == len(s.schedule.plan) {
		return 0, false, nil
	}
	return s.schedule.plan[next], true, nil
}

// advance ends the block that all VUs have finished and starts the next one.
func (s *scheduler) advance() error {
	switch {
	case s.next > 0:
		if err := s.end(s.next - 1); err != nil {
			return err
		}
	case s.schedule.Latency:
		s.meter = new(block.Meter)
	default:
		s.meter = block.NewMeter()
	}
	if s.next == len(s.schedule.plan) {
		if err := s.save(); err != nil {
			return err
		}
	} else {
		if s.next%len(s.schedule.variants) == 0 {
			s.meter.Collect()
		}
		next := s.schedule.variants[s.schedule.plan[s.next]]
		s.gate.set(slices.Contains(s.schedule.WithOutput, next))
		if err := s.announce(next); err != nil {
			return err
		}
		s.meter.Start()
	}
	close(s.started)
	s.next, s.arrived, s.started = s.next+1, 0, make(chan struct{})
	return nil
}

// end ends a block of the plan.
func (s *scheduler) end(finished int) error {
	s.meter.Lap()
	if err := s.announce(""); err != nil {
		return err
	}
	time.Sleep(s.schedule.Drain)
	s.meter.Stop(s.schedule.variants[s.schedule.plan[finished]], finished/len(s.schedule.variants), s.schedule.units(),
		s.took)
	s.took = s.took[:0]
	return nil
}

// announce notifies the listener, if there is one, which variant begins, or that one is over.
func (s *scheduler) announce(variant string) error {
	if s.listen == nil {
		return nil
	}
	if _, err := fmt.Fprintln(s.listen, variant); err != nil {
		return fmt.Errorf("announcements: %w", err)
	}
	return nil
}

// save writes what was measured.
func (s *scheduler) save() error {
	if s.listen != nil {
		if err := s.listen.Close(); err != nil {
			return fmt.Errorf("announcements: %w", err)
		}
	}
	if s.profile != nil {
		pprof.StopCPUProfile()
		if err := s.profile.Close(); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
	}
	text, err := json.Marshal(s.meter.Run())
	if err != nil {
		return fmt.Errorf("measurements: %w", err)
	}
	if err := os.WriteFile(s.schedule.Output, text, 0o600); err != nil {
		return fmt.Errorf("measurements: %w", err)
	}
	return nil
}
