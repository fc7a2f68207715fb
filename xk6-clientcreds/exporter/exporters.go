package exporter

import (
	"sync"
	"time"

	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// Outcome is the outcome of a run: PASS, FAIL or INVALID, why, the exit code of k6, and when the test ended. That is
// before k6 stops outputs: what is still under way, such as a token request, comes first.
type Outcome struct {
	Verdict  string
	Reasons  []Reason
	ExitCode int
	End      time.Time
}

// Reason is one reason of a verdict.
type Reason struct{ Rule, Text string }

// Exporters makes the outputs of a process, and answers for them while the test runs.
type Exporters struct {
	// Help are the texts of metrics that are not k6's own.
	Help Help
	// Observe takes an output's parameters, and returns a function that needs all samples, or nil. It
	// may be nil itself.
	Observe func(params output.Params) (func([]metrics.SampleContainer), error)
	// Outcome returns the outcome of the run, which ended with that error, or false if it is unknown. It may be nil.
	Outcome func(testErr error) (Outcome, bool)
	// Unwritten is told what could not be written or pushed when the test was over. It may be nil.
	Unwritten func(error)

	mu  sync.Mutex
	all []*exporter
}

// New is a constructor of the output, as output.RegisterExtension takes it.
func (es *Exporters) New(params output.Params) (output.Output, error) {
	e, err := newOutput(params, es.Help)
	if err != nil {
		return nil, err
	}
	if es.Observe != nil {
		if e.observe, err = es.Observe(params); err != nil {
			return nil, invalidConfig(err)
		}
	}
	e.outcome, e.unwritten = es.Outcome, es.Unwritten
	es.mu.Lock()
	defer es.mu.Unlock()
	es.all = append(es.all, e)
	return e, nil
}

// Dropped says how many samples were not served, by the reason.
func (es *Exporters) Dropped() map[string]int64 {
	es.mu.Lock()
	defer es.mu.Unlock()
	dropped := make(map[string]int64)
	for _, e := range es.all {
		e.store.addDropped(dropped)
	}
	return dropped
}

// addDropped adds the samples that were dropped, by the reason.
func (st *store) addDropped(to map[string]int64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for why, samples := range st.dropped {
		to["prometheus_"+why.reason] += int64(samples) // #nosec G115 -- a count of samples
	}
}
