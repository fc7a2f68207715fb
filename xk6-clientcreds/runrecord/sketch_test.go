package runrecord

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A compact sketch stands in a record as any other one does.
func TestCompactSketches(t *testing.T) {
	t.Parallel()
	compact, sparse := compactSketch(SeriesAccuracy), newSketch(SeriesAccuracy)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		value := math.Exp(3 * random.NormFloat64())
		if i%10 == 0 {
			value = -value
		}
		if i%100 == 0 {
			value = 0
		}
		compact.add(value)
		sparse.add(value)
	}
	want, err := json.Marshal(sparse)
	require.NoError(t, err)
	got, err := json.Marshal(compact)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	for _, q := range []float64{0.01, 0.5, 0.99} {
		require.InDelta(t, sparse.quantile(q), compact.quantile(q), 0)
	}
	sum := newSketch(SeriesAccuracy)
	require.NoError(t, sum.merge(compact))
	require.NoError(t, sum.merge(sparse))
	require.InDelta(t, 6000.0, sum.sketch.GetCount(), 0)
}
