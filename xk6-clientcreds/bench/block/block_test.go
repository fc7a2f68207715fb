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

func TestPooledRoundsAreSums(t *testing.T) {
	t.Parallel()
	run := &Run{Collections: []Collection{{CPU: 10, Budget: 10}}}
	for round := range 5 {
		for _, variant := range []string{"a", "b"} {
			run.Blocks = append(run.Blocks, Block{
				Variant: variant, Round: round, Units: 2, CPU: time.Duration(10 * round), Wall: 3, Mallocs: 4, Bytes: 5, P99: 6,
			})
		}
	}
	pooled := run.Pooled(2)
	require.Equal(t, []float64{30. / 4, 70. / 4}, pooled.Of("a", CPU), "without the warm-up")
	require.Equal(t, Block{Variant: "b", Round: 2, Units: 4, CPU: 70, Wall: 6, Mallocs: 8, Bytes: 10}, pooled.Blocks[5])
	require.Len(t, pooled.Blocks, 6)
	require.Equal(t, run.Collections, pooled.Collections)
	require.EqualValues(t, 10, run.Blocks[2].CPU, "the run is as it was")
}

func TestCostChargesTheCollectorByTheByte(t *testing.T) {
	t.Parallel()
	run := &Run{Collections: []Collection{
		{CPU: 100, Budget: 1000},
		{CPU: 9000, Budget: 1000}, // disturbed: does not count
		{CPU: 200, Budget: 1000},
	}}
	b := Block{Units: 10, CPU: 500, Bytes: 2000}
	require.InDelta(t, 50.0, CPU(b), 1e-9)
	require.InDelta(t, 50+0.2*200, run.Cost()(b), 1e-9)
	require.InDelta(t, 50.0, new(Run).Cost()(b), 1e-9)
}

func TestQuantities(t *testing.T) {
	t.Parallel()
	b := Block{Units: 10, Wall: 2 * time.Second, Mallocs: 30, P99: 1500 * time.Microsecond}
	require.InDelta(t, 5.0, Rate(b), 1e-9)
	require.InDelta(t, 3.0, Mallocs(b), 1e-9)
	require.InDelta(t, 1.5, P99(b), 1e-9)
}

func TestP99IsTheNearestRank(t *testing.T) {
	t.Parallel()
	var took []time.Duration
	for i := 200; i > 0; i-- {
		took = append(took, time.Duration(i))
	}
	require.EqualValues(t, 198, p99(took))
	require.EqualValues(t, 7, p99([]time.Duration{7}))
	require.Zero(t, p99(nil))
}

func TestTheZeroMeterLeavesTheCollectorAsItIs(t *testing.T) {
	before := debug.SetGCPercent(77)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	m := new(Meter)
	m.Start()
	m.Lap()
	m.Stop("a", 1, 2, []time.Duration{3, 4})
	require.EqualValues(t, 4, m.Run().Blocks[0].P99)
	require.Equal(t, 77, debug.SetGCPercent(77))
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
	m.Stop("allocates", 1, blocks, nil)
	m.Start()
	m.Lap()
	m.Stop("does not", 1, blocks, nil)

	run := m.Run()
	require.Len(t, run.Blocks, 2)
	require.Len(t, run.Collections, 1)
	require.GreaterOrEqual(t, run.Collections[0].Budget, uint64(1<<20))
	require.Equal(t, "allocates", run.Blocks[0].Variant)
	require.InDelta(t, blocks*size, float64(run.Blocks[0].Bytes), blocks*size/4)
	require.InDelta(t, blocks, float64(run.Blocks[0].Mallocs), blocks/4)
	require.Less(t, run.Blocks[1].Mallocs, uint64(blocks/4))
}
