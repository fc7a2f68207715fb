package regression

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// noProof matches no row.
const noProof = "^$"

var (
	proof       = flag.String("proof", noProof, "a regular expression of the rows of the proof that are measured")
	repetitions = flag.Int("repetitions", math.MaxInt, "the most comparisons of a row of the proof")
)

// proofComparison is the result of one comparison.
type proofComparison struct {
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict"`
	Seconds float64   `json:"seconds"` // of load
	Change  float64   `json:"change"`  // that was measured, as a share
	Load    float64   `json:"load"`    // of the machine
	AtOnce  int       `json:"atOnce"`  // comparisons that ran at the same time, itself included
	Again   int       `json:"again"`   // runs that did not count, and were repeated
	Reasons []string  `json:"reasons,omitempty"`
}

// atOnce is how many comparisons run at the same time.
func atOnce() int {
	n, err := strconv.Atoi(flag.Lookup("test.parallel").Value.String())
	if err != nil {
		return 0
	}
	return n
}

const proofFile = "testdata/proof.json"

// readProof reads the results so far, by the names of the rows.
func readProof(t *testing.T) map[string][]proofComparison {
	t.Helper()
	var results map[string][]proofComparison
	require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, proofFile)), &results))
	return results
}

func writeProof(t *testing.T, results map[string][]proofComparison) {
	t.Helper()
	var rows []string // a comparison in each line
	for _, row := range proofRows() {
		var lines []string
		for _, c := range results[row.name()] {
			line, err := json.Marshal(c)
			require.NoError(t, err)
			lines = append(lines, "  "+string(line))
		}
		if len(lines) > 0 {
			rows = append(rows, strconv.Quote(row.name())+": [\n"+strings.Join(lines, ",\n")+"\n]")
		}
	}
	text := "{\n" + strings.Join(rows, ",\n") + "\n}\n"
	k6test.ReplaceFile(t, proofFile, text)
}

// The lines of docs/evidence/regression.md between which the table is.
const (
	proofBegin = "<!-- make regression-proof writes from here -->"
	proofEnd   = "<!-- to here -->"
)

// TestRegressionProofTable: the documented table has the results. With -update it writes the table.
func TestRegressionProofTable(t *testing.T) {
	results := readProof(t)
	path := filepath.Join(k6test.Root, "docs/evidence/regression.md")
	before, rest, found := strings.Cut(k6test.ReadFile(t, path), proofBegin)
	require.True(t, found, "docs/evidence/regression.md has no line %s", proofBegin)
	old, after, found := strings.Cut(rest, proofEnd)
	require.True(t, found, "docs/evidence/regression.md has no line %s", proofEnd)
	table := "\n\n" + proofTable(results) + "\n"
	if *k6test.Update {
		text := before + proofBegin + table + proofEnd + after
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644)) // #nosec G306 -- a document
	} else {
		assert.Equal(t, table, old, "make regression-proof writes the table")
	}
	var names []string
	for _, row := range proofRows() {
		names = append(names, row.name())
	}
	assert.Subset(t, names, slices.Collect(maps.Keys(results)), "results of rows that there are")
}

// wrong reports whether a comparison decided wrongly.
func (r proofRow) wrong(c proofComparison) bool {
	return c.Verdict != r.right() && c.Verdict != "UNCLEAR" && c.Verdict != "INVALID"
}

// broken reports whether a comparison breaks the promise of the row.
func (r proofRow) broken(c proofComparison) bool {
	return r.wrong(c) || r.within > 0 && (c.Verdict != r.right() || c.Seconds > r.within)
}

func proofTable(results map[string][]proofComparison) string {
	var b strings.Builder
	b.WriteString("| Server | Head | Limit | Other work on the machine | Comparisons | Right | Wrong | Unclear | Invalid | Seconds of load: " +
		"median | worst | Measured change: least | median | most | Load average | At once |\n" +
		"|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, row := range proofRows() {
		if all := results[row.name()]; len(all) > 0 {
			b.WriteString(row.cells(all))
		} else {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | not measured yet |\n", row.server, row.head, row.limit, row.otherWork())
		}
	}
	return b.String()
}

// cells are the row of the table.
func (r proofRow) cells(all []proofComparison) string {
	count := make(map[string]int)
	var seconds, changes, loads []float64
	for _, c := range all {
		switch {
		case r.wrong(c):
			count["wrong"]++
		case c.Verdict == r.right():
			count["right"]++
			seconds = append(seconds, c.Seconds)
		default:
			count[c.Verdict]++
		}
		if c.Verdict != "INVALID" {
			changes = append(changes, c.Change)
		}
		loads = append(loads, c.Load)
	}
	change := func(v float64) string { return fmt.Sprintf("%+.1f%%", v*100) }
	whole := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	return fmt.Sprintf("| %s | %s | %s | %s | %d | %d | %d | %d | %d | %s | %s | %s | %s | %s | %s | %d |\n",
		r.server, r.head, r.limit, r.otherWork(), len(all), count["right"], count["wrong"], count["UNCLEAR"], count["INVALID"],
		of(seconds, middle, whole), of(seconds, slices.Max[[]float64], whole),
		of(changes, slices.Min[[]float64], change), of(changes, middle, change), of(changes, slices.Max[[]float64], change),
		of(loads, middle, func(v float64) string { return fmt.Sprintf("%.1f", v) }), all[len(all)-1].AtOnce)
}

// of shows what is computed of values; a dash without values.
func of(values []float64, compute func([]float64) float64, show func(float64) string) string {
	if len(values) == 0 {
		return "–"
	}
	return show(compute(values))
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
