package regression

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

var repetitions = flag.Int("repetitions", 1, "comparisons of each kind that the proof of the gate makes")

// The proof is about this statistic, and a change by this share.
const (
	provenRule = "p50 of clientcreds_request_duration{scenario:token}"
	seeded     = 0.15
)

// gateTrial describes a trial of the gate: a server whose token endpoint is as slow as this on the side of
// the base; the head's endpoint is the same, or slower by the seeded share.
type gateTrial struct {
	latency      time.Duration
	runs         int
	rate, length string
	env          []string
}

// quick is for every day: few and short runs, of a server so slow that a busy machine does not matter.
var quick = gateTrial{latency: 200 * time.Millisecond, runs: 4, rate: "20", length: "2s", env: k6test.BusyMachine}

// thorough is the trial of the documented table.
var thorough = gateTrial{latency: 200 * time.Millisecond, runs: 5, rate: "50", length: "3s"}

// slowed is the latency of a head that is slower by a share.
func (tr gateTrial) slowed(share float64) time.Duration {
	return time.Duration(float64(tr.latency) * (1 + share)).Round(time.Microsecond)
}

func (tr gateTrial) compare(t *testing.T, slower float64) regression {
	t.Helper()
	return regress(t, append(slices.Clone(tr.env), "RUNS="+strconv.Itoa(tr.runs), "RATE="+tr.rate, "API_RATE="+tr.rate,
		"DURATION="+tr.length,
		"BASE_SERVE="+tr.serve(tr.latency), "HEAD_SERVE="+tr.serve(tr.slowed(slower)))...)
}

// serve are the flags of a server with this latency of the token endpoint. The API's latency is the same
// on both sides.
func (tr gateTrial) serve(token time.Duration) string {
	return fmt.Sprintf(`--faults {"token":{"latency":%q},"api":{"latency":%q}}`, token, tr.latency)
}

// proof holds the results of all trials of one kind.
type proof struct {
	slower   float64
	verdicts map[string]int
	changes  []float64 // of the proven rule, in percent
	noise    []float64
	below    float64 // what noise could not be seen, in percent
	again    int     // runs that did not count, and were made once more
}

func (p *proof) add(t *testing.T, r regression) {
	t.Helper()
	f := r.finding(t, provenRule)
	verdict := r.Verdict
	if verdict == "FAIL" && p.slower > 0 && f.Outcome != "broken" {
		verdict = "FAIL for another reason"
	}
	p.verdicts[verdict]++
	p.again += strings.Count(r.output, "so once more")
	p.changes = append(p.changes, f.Change.Share*100)
	p.noise = append(p.noise, f.Change.Noise/f.Change.Base*100)
	p.below = f.Change.Resolution / f.Change.Base * 100
}

// TestRegressionProof: the gate does not fail where nothing has changed, and does where the server has
// become slower by 15%. Once each in `make test`; `make regression-proof` does it 20 times and writes
// what came of it to docs/evidence/regression.md.
func TestRegressionProof(t *testing.T) {
	if !*k6test.Update {
		t.Parallel()
	}
	tr := quick
	if *repetitions > 1 {
		tr = thorough
	}
	proofs := []*proof{{slower: 0, verdicts: map[string]int{}}, {slower: seeded, verdicts: map[string]int{}}}
	t.Run("comparisons", func(t *testing.T) {
		var mu sync.Mutex
		for i := range *repetitions {
			for _, p := range proofs {
				t.Run(fmt.Sprintf("%d, slower by %g%%", i+1, p.slower*100), func(t *testing.T) {
					t.Parallel()
					r := tr.compare(t, p.slower)
					mu.Lock()
					defer mu.Unlock()
					p.add(t, r)
					t.Log(r.output)
				})
			}
		}
	})
	if *k6test.Update {
		writeProof(t, tr, proofs)
	}
	require.Equal(t, map[string]int{"PASS": *repetitions}, proofs[0].verdicts, "nothing has changed")
	require.Equal(t, map[string]int{"FAIL": *repetitions}, proofs[1].verdicts, "slower by 15%")
}

// The lines of docs/evidence/regression.md between which the table is written.
const (
	proofBegin = "<!-- make regression-proof writes from here -->"
	proofEnd   = "<!-- to here -->"
)

func writeProof(t *testing.T, tr gateTrial, proofs []*proof) {
	t.Helper()
	path := filepath.Join(k6test.Root, "docs/evidence/regression.md")
	before, rest, found := strings.Cut(k6test.ReadFile(t, path), proofBegin)
	require.True(t, found, "docs/evidence/regression.md has no line %s", proofBegin)
	_, after, found := strings.Cut(rest, proofEnd)
	require.True(t, found, "docs/evidence/regression.md has no line %s", proofEnd)
	text := before + proofBegin + "\n\n" + proofText(tr, proofs) + "\n" + proofEnd + after
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644)) // #nosec G306 -- a document
}

func proofText(tr gateTrial, proofs []*proof) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d comparisons of each kind, of %d runs of %s on each side; %s token requests per second, and as "+
		"many API\n"+
		"requests, answered after %s by the base's server.\n\n", len(
		proofs[0].changes), tr.runs, tr.length, tr.rate, tr.latency)
	fmt.Fprintf(&b, "| Token endpoint of the head | PASS | FAIL | INVALID | Change of p50: median | least | most | "+
		"Noise: most | Runs made again |\n"+
		"|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, p := range proofs {
		head := "the same"
		if p.slower > 0 {
			head = fmt.Sprintf("slower by %g%%: %s", p.slower*100, tr.slowed(p.slower))
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %+.1f%% | %+.1f%% | %+.1f%% | %s | %d |\n", head,
			p.verdicts["PASS"], p.verdicts["FAIL"], p.verdicts["INVALID"],
			middle(p.changes), slices.Min(p.changes), slices.Max(p.changes), p.mostNoise(), p.again)
	}
	same, slow := proofs[0], proofs[1]
	fmt.Fprintf(&b, "\nFalse alarms: %d of %d. Detected: %d of %d.\n", len(same.changes)-same.verdicts["PASS"],
		len(same.changes),
		slow.verdicts["FAIL"], len(slow.changes))
	return b.String()
}

// mostNoise is the most noise that the base had in a comparison.
func (p *proof) mostNoise() string {
	if most := slices.Max(p.noise); most >= p.below {
		return fmt.Sprintf("±%.1f%%", most)
	}
	return fmt.Sprintf("below %.1f%%", p.below)
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
