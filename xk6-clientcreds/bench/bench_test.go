package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// The tests' binary starts itself in the roles of the command, as the command does.
func TestMain(m *testing.M) {
	if slices.Contains([]string{roleK6, roleServer, roleSignature, roleSamples, roleRecord}, filepath.Base(os.Args[0])) {
		main()
		return
	}
	os.Exit(m.Run())
}

// newBench returns a bench with its scripts and server, whose memory scripts run in this binary.
func newBench(t *testing.T) *bench {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, unpack(dir))
	b := &bench{k6: self, scripts: dir, keep: dir, log: io.Discard}
	b.server, err = startServer(t.Context())
	require.NoError(t, err)
	t.Cleanup(b.server.stop)
	return b
}

// enough rounds for an interval, and no more work than it takes to run every variant.
func quick(vus, repeats int) probe.Schedule {
	return probe.Schedule{VUs: vus, Rounds: 6, PerVU: 1, Repeats: repeats}
}

func TestEveryTableIsFilledByItsScript(t *testing.T) {
	b := newBench(t)
	for script, c := range map[string]struct {
		schedule probe.Schedule
		table    func(*block.Run) results.Table
	}{
		"hits":        {quick(1, 1000), hitsTable},
		"api":         {quick(3, 1), func(run *block.Run) results.Table { return apiTable(run, 3) }},
		"token":       {quick(3, 1), func(run *block.Run) results.Table { return tokenTable(run, 3) }},
		"token-batch": {quick(2, 20), func(run *block.Run) results.Table { return batchTable(run, 2, 20) }},
	} {
		t.Run(script, func(t *testing.T) {
			run, err := b.blocks(t.Context(), script, c.schedule)
			require.NoError(t, err)
			table := c.table(run)
			requireFilled(t, table)
			judged := 0
			for _, r := range table.Results {
				if r.Pass != nil {
					judged++
				}
			}
			require.Positive(t, judged, "a table has targets")
		})
	}
}

// Tables without targets are filled as well, and the server's process provides what its scripts need.
func TestEveryTableOfKeysIsFilledByItsScript(t *testing.T) {
	b := newBench(t)
	for script, c := range map[string]struct {
		server   string
		schedule probe.Schedule
		table    func(*block.Run) results.Table
	}{
		"auth": {
			withKeys, quick(2, 1),
			func(run *block.Run) results.Table { return authTable(run, "", authVariants) },
		},
		"auth-rsa": {
			withKeys, quick(2, 1),
			func(run *block.Run) results.Table { return authTable(run, "", authRSAVariants) },
		},
		"auth-tls": {
			withTLS, quick(2, 1),
			func(run *block.Run) results.Table { return authTable(run, "", authTLSVariants) },
		},
		"dpop": {
			withKeys, quick(2, 1),
			func(run *block.Run) results.Table { return dpopTable(run, "", dpopVariants) },
		},
		"dpop-rsa": {
			withKeys, quick(2, 1),
			func(run *block.Run) results.Table { return dpopTable(run, "", dpopRSAVariants) },
		},
		"dpop-headers": {withKeys, quick(1, 3), dpopHeadersTable},
	} {
		t.Run(script, func(t *testing.T) {
			run, err := b.blocksAt(t.Context(), c.server, script, c.schedule)
			require.NoError(t, err)
			requireFilled(t, c.table(run))
		})
	}
}

// requireFilled demands that every row has a figure, and an interval.
func requireFilled(t *testing.T, table results.Table) {
	t.Helper()
	require.NotEmpty(t, table.Results)
	for _, r := range table.Results {
		require.False(t, math.IsNaN(r.Value) || math.IsInf(r.Value, 0), r.Name)
		require.NotNil(t, r.CI, r.Name)
	}
}

func TestTheAPISeesEveryIteration(t *testing.T) {
	b := newBench(t)
	run, err := b.blocks(t.Context(), "api", quick(2, 1))
	require.NoError(t, err)
	units := 0
	for _, block := range run.Blocks {
		units += block.Units
	}
	served, err := b.server.apiRequests(t.Context())
	require.NoError(t, err)
	require.Equal(t, units, served)
}

func TestHeapIsThatOfTheVUs(t *testing.T) {
	b := newBench(t)
	few, err := b.heap(t.Context(), "memory-client", 2)
	require.NoError(t, err)
	many, err := b.heap(t.Context(), "memory-client", 22)
	require.NoError(t, err)
	require.Greater(t, (many-few)/20, 20.0*kilobyte, "a VU of k6 weighs more")
	served, err := b.server.apiRequests(t.Context())
	require.NoError(t, err)
	require.Equal(t, 24, served)
}

func TestAScriptThatFailsIsAnErrorWithItsReason(t *testing.T) {
	b := newBench(t)
	b.server.token = "not-a-token-of-this-server"
	_, err := b.blocks(t.Context(), "api", quick(1, 1))
	require.ErrorContains(t, err, "api with 1 VU: k6: exit status")
	require.ErrorContains(t, err, "status 401 from the API")
	require.NotContains(t, err.Error(), b.server.where.ClientSecret)
}

func TestWeighingAProcessThatIsNotThereFails(t *testing.T) {
	b := newBench(t)
	b.k6 = filepath.Join(t.TempDir(), "k6")
	_, err := b.heap(t.Context(), "memory-client", 1)
	require.ErrorIs(t, err, os.ErrNotExist)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = weigh(ctx, "127.0.0.1:1", func() (bool, error) { return false, nil })
	require.ErrorIs(t, err, context.Canceled)
}

func TestWrongArguments(t *testing.T) {
	for name, args := range map[string][]string{
		`-only: "everything" is none of hits, api, token, breakdown, auth, dpop, signature, samples, exporter, server, ` +
			"vus, locks, memory, start, pool, selection, histograms, record": {
			"-only",
			"everything",
		},
		"flag provided but not defined: -quick": {"-quick"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitFailed, mainImpl(args, &stdout, &stderr))
		require.Contains(t, stderr.String(), name)
		require.Empty(t, stdout.String())
	}
}

func TestMeasurementsAreChosen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		only   string
		growth bool
		want   []measurement
	}{{"", false, costs}, {"", true, growths}, {"token", false, costs[2:3]}, {"memory", false, growths[2:3]}} {
		got, err := chosen(c.only, c.growth)
		require.NoError(t, err)
		require.Len(t, got, len(c.want))
		require.Equal(t, c.want[0].name, got[0].name)
	}
}

// A k6 with many VUs is compared with one that has the same number.
func TestTheTablesOfManyVUsHaveTargets(t *testing.T) {
	t.Parallel()
	values := map[string][]float64{
		staticHeader: {100, 102}, again(staticHeader): {101, 100}, jsHelper: {108, 109}, clientHeaders: {106, 111},
	}
	memory := memoryTable(values)
	last := memory.Results[len(memory.Results)-1]
	require.InDelta(t, 7.5, last.Value, 1e-9)
	require.True(t, *last.Pass)
	require.InDelta(t, 100.0, values[staticHeader][0], 0, "the values are as they were")
	start := startTable(values)
	require.False(t, *start.Results[3].Pass, "a ratio of 1.07")
}

// The parts of a token are the whole of it, and each way has the parts that it must have.
func TestThePartsOfAToken(t *testing.T) {
	b := newBench(t)
	schedule := quick(3, 2)
	schedule.PerVU = 100
	for mode := range breakdowns {
		parts, err := b.profiled(t.Context(), mode, schedule)
		require.NoError(t, err)
		sum := 0.0
		for part, microseconds := range parts {
			if part != wholeToken {
				sum += microseconds
			}
		}
		require.Positive(t, sum, mode)
		require.InEpsilon(t, parts[wholeToken], sum, 0.1, mode)
		require.Positive(t, parts[partKernel], mode)
		require.Positive(t, parts[partHTTP], mode)
	}
	table := breakdownTable(map[string]map[string]float64{
		plainToken: {partKernel: 20}, clientAcquire: {partKernel: 18}, acquireBatch: {partKernel: 10},
	})
	require.InDelta(t, 18.0, table.Results[4].Value, 1e-9)
}

func TestTheServerSaysWhatItNeeds(t *testing.T) {
	b := newBench(t)
	for _, with := range []string{withTLS, constant} {
		k6, server, err := b.saturated(t.Context(), with, quick(2, 1))
		require.NoError(t, err, with)
		require.Positive(t, k6, with)
		require.Positive(t, server, with)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	require.Equal(t, "short", tail(" short\n"))
	long := tail(string(bytes.Repeat([]byte("x"), 5000)) + "end")
	require.Less(t, len(long), 2100)
	require.Regexp(t, `^….*xend$`, long)
}
