package jsmodule

import (
	"slices"
	"sync/atomic"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// requestReasons are the values of the tag reason.
var requestReasons = [...]tokencache.Reason{
	tokencache.Cold, tokencache.Early, tokencache.Expired, tokencache.Rejected, reasonAcquire,
}

// processCounts are the counters of a process for the summary of a run, beside the metrics: k6 keeps the
// values of a tag only where a threshold names them.
type processCounts struct {
	requests   [len(requestReasons)]atomic.Int64 // token requests that were sent
	failures   failures
	iterations failedIterations
}

// sent counts a token request.
func (c *processCounts) sent(reason tokencache.Reason) {
	if i := slices.Index(requestReasons[:], reason); i >= 0 {
		c.requests[i].Add(1)
	}
}

// counts returns the counts of this process for a script. Descriptions of servers are sanitised here.
func (m *instance) counts() sobek.Value {
	rt, counts := m.vu.Runtime(), &m.process.counts
	requests := rt.NewObject()
	for i, reason := range requestReasons {
		mustSet(requests, string(reason), counts.requests[i].Load())
	}
	list := counts.failures.list()
	failures := make([]any, len(list))
	for i, f := range list {
		failures[i] = map[string]any{
			"request": f.request, "error": f.label, "status": f.status, "count": f.count, "said": m.process.safeText(f.said),
		}
	}
	object := rt.NewObject()
	mustSet(object, "tokenRequests", requests)
	mustSet(object, "failures", rt.NewArray(failures...))
	mustSet(object, "failedIterations", counts.iterations.count.Load())
	mustSet(object, "record", nullable(m.process.run.RecordFile()))
	return object
}
