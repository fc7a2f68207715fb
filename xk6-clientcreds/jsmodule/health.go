package jsmodule

import (
	"fmt"
	"sync"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/generator"
)

// eventIterStart is when a VU begins an iteration.
const eventIterStart = 4

// maxAwaited bounds the VUs of whose first iteration the health watch waits. k6 uses those first that
// it made first.
const maxAwaited = 50

// health samples how this process does while the test runs. Where samples go to only VUs know, and
// only during their iterations: it begins with the first iteration of the test.
type health struct {
	mu      sync.Mutex
	awaited []func() // unsubscribe from VUs
	waiting sync.WaitGroup
	begun   bool
	ended   bool
	stop    func()
}

// await begins the watch with the VU's first iteration, unless it has begun by then. The same event notifies the run of
// this process what the script's options are: a wrong one ends the test.
func (h *health) await(vu modules.VU, p *process) {
	local := vu.Events().Local
	if local == nil {
		return
	}
	root := vu.InitEnv().Registry.RootTagSet()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun || h.ended || len(h.awaited) >= maxAwaited {
		return
	}
	id, events := local.Subscribe(eventIterStart)
	forget := func() { local.Unsubscribe(id) }
	h.awaited = append(h.awaited, forget)
	h.waiting.Go(func() {
		event, came := <-events
		if !came {
			return
		}
		// The VU waits for Done. Until then its state may be read, and no second event comes.
		forget()
		h.begin(vu.State(), root, p.metrics)
		if err := p.run.Begin(lib.GetExecutionState(vu.Context())); err != nil {
			vu.Runtime().Interrupt(&errext.InterruptError{Reason: fmt.Sprintf("%s: %s", errext.AbortTest, err)})
		}
		event.Done()
	})
}

// begin begins the watch.
func (h *health) begin(state *lib.State, root *metrics.TagSet, m *moduleMetrics) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun || h.ended || state == nil {
		return
	}
	h.begun = true
	tags := root.WithTagsFromMap(state.Options.RunTags)
	to := state.Samples
	h.stop = generator.Watch(func(r generator.Reading) { push(to, samplesOf(r, m, tags), tags, time.Now()) })
}

func samplesOf(r generator.Reading, m *moduleMetrics, tags *metrics.TagSet) []metrics.Sample {
	now, saturated := time.Now(), 0.0
	if r.Saturated() {
		saturated = 1
	}
	sample := func(metric *metrics.Metric, value float64) metrics.Sample {
		return metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags}, Time: now, Value: value}
	}
	return []metrics.Sample{
		sample(m.GeneratorCPU, r.CPU), sample(m.GeneratorThrottled, r.Throttled), sample(m.GeneratorLag, metrics.D(r.Lag)),
		sample(m.GeneratorSaturated, saturated),
	}
}

// end ends the watch, and waits for its last samples.
func (h *health) end() {
	h.mu.Lock()
	awaited, stop := h.awaited, h.stop
	h.awaited, h.stop, h.ended = nil, nil, true
	h.mu.Unlock()
	for _, forget := range awaited {
		forget()
	}
	h.waiting.Wait()
	if stop != nil {
		stop()
	}
}
