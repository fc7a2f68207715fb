package registration

import (
	"context"
	"sync"
	"time"
)

// pacer limits the rate of requests.
type pacer struct {
	interval time.Duration

	mu   sync.Mutex
	next time.Time
}

func newPacer(rate float64) *pacer {
	if rate <= 0 {
		return new(pacer)
	}
	return &pacer{interval: time.Duration(float64(time.Second) / rate)}
}

// wait returns when the next request may be sent, or with an error when ctx has ended.
func (p *pacer) wait(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.mu.Lock()
		left := time.Until(p.next)
		if left <= 0 {
			p.next = time.Now().Add(p.interval)
			p.mu.Unlock()
			return nil
		}
		p.mu.Unlock()
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// hold sends nothing for a while, as the server has asked.
func (p *pacer) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.next) {
		p.next = until
	}
}
