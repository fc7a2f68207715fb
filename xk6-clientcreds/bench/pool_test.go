package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every variant works with every file, and what is weighed and timed grows with the clients.
func TestPoolVariants(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{poolOfCSV, poolOfJSON, poolOfShared, sharedArray} {
		t.Run(name, func(t *testing.T) {
			one, err := b.poolHeap(t.Context(), name, 1)
			require.NoError(t, err)
			many, err := b.poolHeap(t.Context(), name, 2000)
			require.NoError(t, err)
			require.Greater(t, many, one+2000*80)
			took, err := b.poolStart(t.Context(), name, 2)
			require.NoError(t, err)
			require.Positive(t, took)
		})
	}
}

func TestPoolTables(t *testing.T) {
	t.Parallel()
	values := func(x float64) map[string][]float64 {
		all := make(map[string][]float64)
		for name := range poolVariants {
			all[name] = []float64{x, x, x}
		}
		return all
	}
	size := poolSizes[0]
	for _, r := range poolMemoryTable(size, values(999)).Results[2:] {
		require.True(t, *r.Pass, r.Name)
	}
	for _, r := range poolMemoryTable(size, values(1001)).Results[2:] {
		require.False(t, *r.Pass, r.Name)
	}
	require.Len(t, poolStartTable(size, values(5)).Results, len(poolVariants))
	for _, size := range poolSizes {
		require.Equal(t, sharedArray, size.variants[0])
	}
}

// Each assignment has a row for the small pool and one for the large pool.
func TestSelectionFromPools(t *testing.T) {
	b := newBench(t)
	run, err := b.selected(t.Context(), 2*smallPool, quick(1, 50))
	require.NoError(t, err)
	table := selectionTable(run)
	requireFilled(t, table)
	require.Len(t, table.Results, 10)
}
