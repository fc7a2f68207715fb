package runrecord

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// TestMergedVerdictIsOfTheWhole: what is too much for one instance may be little of the whole, and is allowed only
// where all allow it.
func TestMergedVerdictIsOfTheWhole(t *testing.T) {
	t.Parallel()
	instance := func(iterations, dropped, rejections float64, allowed validity.Tolerances) *Record {
		r := recordOf(sample{metric: "iterations", kind: Counter, value: iterations, at: testStart})
		r.Inputs = validity.Inputs{Iterations: iterations, Dropped: dropped, Requests: iterations, Unauthorized: rejections}
		r.Validity = r.Judge(allowed)
		return r
	}
	merge := func(all ...*Record) validity.Validity {
		r, err := Merge(all...)
		require.NoError(t, err)
		return r.Validity
	}
	small, large := instance(100, 1, 0, nil), instance(10_000, 0, 0, nil)
	assert.Equal(t, validity.Invalid, small.Validity.Verdict)
	assert.Equal(t, validity.Pass, merge(small, large).Verdict)

	loose, strict := instance(100, 0, 5, validity.Tolerances{"rejections": 0.05}), instance(100, 0, 0,
		validity.Tolerances{"rejections": 0.01})
	assert.Equal(t, validity.Pass, merge(loose, loose).Verdict)
	assert.Equal(t, validity.Tolerances{"rejections": 0.01}, merge(loose, strict).Tolerances)
	assert.Equal(t, validity.Invalid, merge(loose, strict).Verdict)
	assert.Empty(t, merge(loose, large).Tolerances)
	assert.Equal(t, validity.Invalid, merge(loose, large).Verdict)
}

func TestMergeOfTargets(t *testing.T) {
	t.Parallel()
	many := make([]string, runinfo.MaxTargets)
	for i := range many {
		many[i] = fmt.Sprintf("http://%02d", i)
	}
	a, b := recordOf(), recordOf()
	a.Run.Start, b.Run.Start = testStart, testStart
	a.Run.Targets = runinfo.Targets{TokenEndpoints: []string{"https://b", "https://c"}, APIs: many}
	b.Run.Targets = runinfo.Targets{TokenEndpoints: []string{"https://a", "https://b"}, APIs: []string{"http://more"}}
	merged, err := Merge(a, b)
	require.NoError(t, err)
	assert.Equal(t, []string{"https://a", "https://b", "https://c"}, merged.Run.Targets.TokenEndpoints)
	assert.Equal(t, append(many[:runinfo.MaxTargets-1:runinfo.MaxTargets-1], Other), merged.Run.Targets.APIs)
	again, err := Merge(merged, b)
	require.NoError(t, err)
	assert.Equal(t, merged.Run.Targets, again.Run.Targets)
	assert.Equal(t, []string{"https://b", "https://c"}, a.Run.Targets.TokenEndpoints, "a record stays as it is")
}
