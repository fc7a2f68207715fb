package block

import (
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryRoundOfThePlanHasEveryVariantOnce(t *testing.T) {
	t.Parallel()
	const variants, rounds = 5, 40
	plan := Plan(variants, rounds, rand.New(rand.NewPCG(1, 2)))
	require.Len(t, plan, variants*rounds)
	orders := make(map[[variants]int]bool)
	for round := range slices.Chunk(plan, variants) {
		orders[[variants]int(round)] = true
		require.Equal(t, []int{0, 1, 2, 3, 4}, slices.Sorted(slices.Values(round)))
	}
	require.Greater(t, len(orders), rounds/2, "the rounds are shuffled, each in its own way")
}

func TestRunWithoutTheWarmUpByRound(t *testing.T) {
	t.Parallel()
	run := &Run{Blocks: []Block{
		{Variant: "a", Round: 0, Units: 1, CPU: 900},
		{Variant: "b", Round: 1, Units: 2, CPU: 20},
		{Variant: "a", Round: 2, Units: 2, CPU: 40},
		{Variant: "a", Round: 1, Units: 2, CPU: 60},
	}}
	require.Equal(t, []float64{30, 20}, run.Of("a", CPU))
	require.Equal(t, []float64{10}, run.Of("b", CPU))
	require.PanicsWithValue(t, `no blocks of a variant "c"`, func() { run.Of("c", CPU) })
}

func TestCostChargesTheCollectorByTheByte(t *testing.T) {
	t.Parallel()
	run := &Run{Collections: []Collection{
		{CPU: 100, Headroom: 1000},
		{CPU: 9000, Headroom: 1000}, // disturbed: does not count
		{CPU: 200, Headroom: 1000},
	}}
	b := Block{Units: 10, CPU: 500, Bytes: 2000}
	require.InDelta(t, 50.0, CPU(b), 1e-9)
	require.InDelta(t, 50+0.2*200, run.Cost()(b), 1e-9)
	require.InDelta(t, 50.0, new(Run).Cost()(b), 1e-9)
}

func TestQuantities(t *testing.T) {
	t.Parallel()
	b := Block{Units: 10, Wall: 2 * time.Second, Mallocs: 30}
	require.InDelta(t, 5.0, Rate(b), 1e-9)
	require.InDelta(t, 3.0, Mallocs(b), 1e-9)
}

var sink []byte //nolint:gochecknoglobals // keeps the allocations of the next test

func TestMeterCountsWhatABlockAllocates(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	const blocks, size = 200, 10_000
	m := NewMeter()
	m.Collect()
	m.Start()
	for range blocks {
		sink = make([]byte, size)
	}
	m.Lap()
	m.Stop("allocates", 1, blocks)
	m.Start()
	m.Lap()
	m.Stop("does not", 1, blocks)

	run := m.Run()
	require.Len(t, run.Blocks, 2)
	require.Len(t, run.Collections, 1)
	require.GreaterOrEqual(t, run.Collections[0].Headroom, uint64(1<<20))
	require.Equal(t, "allocates", run.Blocks[0].Variant)
	require.InDelta(t, blocks*size, float64(run.Blocks[0].Bytes), blocks*size/4)
	require.InDelta(t, blocks, float64(run.Blocks[0].Mallocs), blocks/4)
	require.Less(t, run.Blocks[1].Mallocs, uint64(blocks/4))
}
