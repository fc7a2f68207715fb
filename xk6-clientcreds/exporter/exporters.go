package exporter

import (
	"sync"

	"go.k6.io/k6/v2/output"
)

// Exporters makes the outputs of a process, and answers for them while the test runs.
type Exporters struct {
	// Help are the texts of metrics that are not k6's own.
	Help Help

	mu  sync.Mutex
	all []*exporter
}

// New is a constructor of the output, as output.RegisterExtension takes it.
func (es *Exporters) New(params output.Params) (output.Output, error) {
	e, err := newOutput(params, es.Help)
	if err != nil {
		return nil, err
	}
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
