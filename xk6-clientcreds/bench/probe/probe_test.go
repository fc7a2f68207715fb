package probe

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/js/modulestest"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
)

// lookupOf returns a lookup that finds s, and the file that the measurements go to.
func lookupOf(t *testing.T, s Schedule) (lookup func(string) (string, bool), output string) {
	t.Helper()
	output = filepath.Join(t.TempDir(), "run.json")
	s.Output = output
	text, err := json.Marshal(s)
	require.NoError(t, err)
	return func(name string) (string, bool) { return string(text), name == ScheduleVariable }, output
}

func saved(t *testing.T, output string) *block.Run {
	t.Helper()
	text, err := os.ReadFile(output)
	require.NoError(t, err)
	run := new(block.Run)
	require.NoError(t, json.Unmarshal(text, run))
	return run
}

func TestAllVUsDoTheSameVariantAtTheSameTime(t *testing.T) {
	const vus, rounds = 20, 3
	lookup, output := lookupOf(t, Schedule{VUs: vus, Rounds: rounds, PerVU: 2, Repeats: 5})
	var c scheduler
	schedule, err := c.begin(lookup, []string{"a", "b", "c"})
	require.NoError(t, err)

	var busy [3]atomic.Int64
	var overlaps, blocks atomic.Int64
	var all sync.WaitGroup
	for range vus {
		all.Go(func() {
			for {
				variant, ok, err := c.await(t.Context(), nil)
				if err != nil || !ok {
					return
				}
				blocks.Add(1)
				busy[variant].Add(1)
				if busy[(variant+1)%3].Load()+busy[(variant+2)%3].Load() > 0 {
					overlaps.Add(1)
				}
				busy[variant].Add(-1)
			}
		})
	}
	all.Wait()
	require.Zero(t, overlaps.Load())
	require.EqualValues(t, vus*len(schedule.plan), blocks.Load())

	run := saved(t, output)
	require.Len(t, run.Blocks, 3*(rounds+1))
	require.Len(t, run.Collections, rounds+1)
	for _, variant := range []string{"a", "b", "c"} {
		require.Len(t, run.Of(variant, block.CPU), rounds)
	}
	for i, b := range run.Blocks {
		require.Equal(t, i/3, b.Round)
		require.Equal(t, vus*2*5, b.Units)
	}
}

func TestTheListenerHearsOfEveryBlock(t *testing.T) {
	t.Parallel()
	listener := filepath.Join(t.TempDir(), "blocks")
	require.NoError(t, os.WriteFile(listener, nil, 0o600))
	lookup, output := lookupOf(t, Schedule{VUs: 1, Rounds: 3, PerVU: 1, Repeats: 1, Announce: listener})
	var c scheduler
	_, err := c.begin(lookup, []string{"a", "b"})
	require.NoError(t, err)
	for ok := true; ok; {
		_, ok, err = c.await(t.Context(), nil)
		require.NoError(t, err)
	}
	var want strings.Builder
	for _, b := range saved(t, output).Blocks {
		want.WriteString(b.Variant + "\n\n")
	}
	heard, err := os.ReadFile(listener)
	require.NoError(t, err)
	require.Len(t, want.String(), 8*3)
	require.Equal(t, want.String(), string(heard))

	lookup, _ = lookupOf(t, Schedule{VUs: 1, Rounds: 1, PerVU: 1, Repeats: 1, Announce: listener + ".missing"})
	_, err = new(scheduler).begin(lookup, []string{"a"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// sink is an output that counts.
type sink struct {
	output.Output

	got int
}

func (s *sink) AddMetricSamples(containers []metrics.SampleContainer) { s.got += len(containers) }

func TestTheOutputGetsTheSamplesOfObservedBlocks(t *testing.T) {
	t.Parallel()
	module, inner := New(), new(sink)
	out, err := module.Switched(func(output.Params) (output.Output, error) { return inner, nil })(output.Params{})
	require.NoError(t, err)
	lookup, _ := lookupOf(t, Schedule{VUs: 1, Rounds: 3, PerVU: 1, Repeats: 1, WithOutput: []string{"b"}})
	c := &module.scheduler
	_, err = c.begin(lookup, []string{"a", "b"})
	require.NoError(t, err)
	sampled := func() []metrics.SampleContainer { return []metrics.SampleContainer{metrics.Sample{Time: time.Now()}} }
	out.AddMetricSamples(sampled())
	require.Equal(t, 1, inner.got, "what comes before the blocks is for everybody")
	var late []metrics.SampleContainer
	want := 1
	for {
		variant, ok, err := c.await(t.Context(), nil)
		require.NoError(t, err)
		if !ok {
			break
		}
		want += 2 * variant // b is 1
		out.AddMetricSamples(append(late, sampled()...))
		late = sampled() // in this block, and handed on in the next one
	}
	out.AddMetricSamples(late)
	require.Equal(t, want, inner.got, "whenever a sample comes, its own block counts")

	refused := errors.New("refused")
	_, err = module.Switched(func(output.Params) (output.Output, error) { return nil, refused })(output.Params{})
	require.ErrorIs(t, err, refused)
}

func TestAWaitingVUEndsWithItsIteration(t *testing.T) {
	t.Parallel()
	lookup, _ := lookupOf(t, Schedule{VUs: 2, Rounds: 1, PerVU: 1, Repeats: 1})
	var c scheduler
	_, err := c.begin(lookup, []string{"a"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, ok, err := c.await(ctx, nil)
	require.False(t, ok)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTheProfileKnowsTheVariants(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu.pprof")
	lookup, _ := lookupOf(t, Schedule{VUs: 1, Rounds: 1, PerVU: 1, Repeats: 1, Profile: profile})
	var c scheduler
	_, err := c.begin(lookup, []string{"a"})
	require.NoError(t, err)
	for ok := true; ok; {
		_, ok, err = c.await(t.Context(), nil)
		require.NoError(t, err)
	}
	info, err := os.Stat(profile)
	require.NoError(t, err)
	require.Positive(t, info.Size())
}

func TestScoresThatCannotBePlayed(t *testing.T) {
	t.Parallel()
	good := Schedule{VUs: 1, Rounds: 1, PerVU: 1, Repeats: 1, Output: "out.json"}
	lookup := func(text string) func(string) (string, bool) {
		return func(string) (string, bool) { return text, text != "" }
	}
	_, err := parseSchedule(lookup(""), []string{"a"})
	require.EqualError(t, err, "BENCH_SCHEDULE is not set; the benchmark command sets it")
	_, err = parseSchedule(lookup("no JSON"), []string{"a"})
	require.ErrorContains(t, err, "BENCH_SCHEDULE: invalid character")
	for _, spoil := range []func(*Schedule){
		func(s *Schedule) { s.VUs = 0 },
		func(s *Schedule) { s.Rounds = 0 },
		func(s *Schedule) { s.PerVU = -1 },
		func(s *Schedule) { s.Repeats = 0 },
		func(s *Schedule) { s.Output = "" },
	} {
		bad := good
		spoil(&bad)
		text, err := json.Marshal(bad)
		require.NoError(t, err)
		_, err = parseSchedule(lookup(string(text)), []string{"a"})
		require.ErrorContains(t, err, "must be 1 or more")
	}
}

const script = `
	var calls = {};
	function count(name) { return (repeats) => { calls[name] = (calls[name] || 0) + repeats; }; }
	var bench = blocks({ first: count('first'), second: count('second') });
`

// scriptVU returns a VU that has run the script, in the VU context.
func scriptVU(t *testing.T, code string, s Schedule) (rt *modulestest.Runtime, output string) {
	t.Helper()
	rt = modulestest.NewRuntime(t)
	lookup, output := lookupOf(t, s)
	rt.VU.InitEnvField.LookupEnv = lookup
	for name, value := range New().NewModuleInstance(rt.VU).Exports().Named {
		require.NoError(t, rt.VU.Runtime().Set(name, value))
	}
	_, err := rt.VU.Runtime().RunString(code)
	require.NoError(t, err)
	rt.MoveToVUContext(new(lib.State))
	return rt, output
}

func TestAScriptPlaysAllItsBlocks(t *testing.T) {
	rt, output := scriptVU(t, script, Schedule{VUs: 1, Rounds: 2, PerVU: 3, Repeats: 10})
	result, err := rt.VU.Runtime().RunString(`
		for (let i = 0; i < bench.options.scenarios.blocks.iterations; i++) bench.run();
		calls.first + ' ' + calls.second + ' ' + bench.options.scenarios.blocks.iterations;
	`)
	require.NoError(t, err)
	require.Equal(t, "90 90 19", result.String()) // (2 rounds + warm-up) × 3 × 10; (2 + 1) × 2 × 3 + 1
	require.Len(t, saved(t, output).Of("second", block.CPU), 2)
}

func TestASingleVariantHasOneRepeatPerIteration(t *testing.T) {
	schedule := Schedule{VUs: 1, Rounds: 1, PerVU: 3, Repeats: 10, Single: []string{"first"}}
	rt, output := scriptVU(t, script, schedule)
	result, err := rt.VU.Runtime().RunString(`
		for (let i = 0; i < bench.options.scenarios.blocks.iterations; i++) bench.run();
		calls.first + ' ' + calls.second + ' ' + bench.options.scenarios.blocks.iterations;
	`)
	require.NoError(t, err)
	require.Equal(t, "60 60 67", result.String()) // (1 round + warm-up) × 3 × 10; 2 × (30 + 3) + 1
	for _, b := range saved(t, output).Blocks {
		require.Equal(t, 30, b.Units)
	}
}

func TestLatencyIsThatOfTheWorkNotOfThePause(t *testing.T) {
	const pause, work = 50 * time.Millisecond, 5 * time.Millisecond
	schedule := Schedule{VUs: 1, Rounds: 1, PerVU: 1, Repeats: 1, Latency: true, Pause: pause}
	rt, output := scriptVU(t, `var bench = blocks({ works: () => { work(); } });`, schedule)
	rt.VU.CtxField = t.Context()
	require.NoError(t, rt.VU.Runtime().Set("work", func() { time.Sleep(work) })) // the work, not a wait
	_, err := rt.VU.Runtime().RunString(`for (let i = 0; i < bench.options.scenarios.blocks.iterations; i++) bench.run();`)
	require.NoError(t, err)
	finished := saved(t, output).Blocks[1]
	require.GreaterOrEqual(t, finished.P99, work)
	require.GreaterOrEqual(t, finished.Wall-finished.P99, pause/2)
}

func TestAVariantThatFailsEndsTheTest(t *testing.T) {
	rt, output := scriptVU(t, `var bench = blocks({ broken: () => { throw new Error('no token'); } });`,
		Schedule{VUs: 1, Rounds: 1, PerVU: 1, Repeats: 1})
	_, err := rt.VU.Runtime().RunString(`bench.run(); 'went on'`)
	require.ErrorContains(t, err, "broken: Error: no token")
	require.NoFileExists(t, output)
}

func TestBlocksWantsFunctions(t *testing.T) {
	t.Parallel()
	rt := modulestest.NewRuntime(t)
	for name, value := range New().NewModuleInstance(rt.VU).Exports().Named {
		require.NoError(t, rt.VU.Runtime().Set(name, value))
	}
	_, err := rt.VU.Runtime().RunString(`blocks({ wrong: 1 })`)
	require.ErrorContains(t, err, "blocks: wrong is not a function")
}

func TestTheNativeConstantIsAConstant(t *testing.T) {
	t.Parallel()
	rt := modulestest.NewRuntime(t)
	require.NoError(t, rt.VU.Runtime().Set("native", New().NewModuleInstance(rt.VU).Exports().Named["native"]))
	same, err := rt.VU.Runtime().RunString(`native.constant() === native.constant() && native.constant().length > 0`)
	require.NoError(t, err)
	require.True(t, same.ToBoolean())
}
