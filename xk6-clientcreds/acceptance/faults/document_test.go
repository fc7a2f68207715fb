//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// The page that the suite writes parts of.
var page = filepath.Join(k6test.Root, "docs", "evidence", "faults.md")

// write replaces a part of the page, between its markers.
func write(t *testing.T, part, text string) {
	t.Helper()
	begin := fmt.Sprintf("<!-- make test-faults writes the %s from here -->\n", part)
	const end = "<!-- to here -->\n"
	head, rest, found := strings.Cut(k6test.ReadFile(t, page), begin)
	require.True(t, found, "no marker of the %s in %s", part, page)
	_, tail, found := strings.Cut(rest, end)
	require.True(t, found, "no end of the %s in %s", part, page)
	require.NoError(t, os.WriteFile(page, []byte(head+begin+"\n"+text+"\n"+end+tail), 0o644)) // #nosec G306 -- a document
}

// document writes the tables of the faults.
func document(t *testing.T, results []*result) {
	t.Helper()
	var counts, state strings.Builder
	vus, _ := users()
	fmt.Fprintf(&counts, "%d virtual users; %d cores, %s/%s, %s.\n\n", vus, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version())
	counts.WriteString("| Fault | Token requests: k6, arrived | API requests: k6, arrived, sent again | Without token | Expired " +
		"| Verdict, exit code | Log lines |\n|---|---|---|---|---|---|---|\n")
	state.WriteString("| Fault | Goroutines | Descriptors | Heap in MB |\n|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&counts, "| %s | %d, %d | %d, %d, %d | %d | %s | %s, %d | %d |\n", r.row.what,
			r.run.Summary.Count("clientcreds_requests"), r.seen.token,
			r.run.Summary.Count("http_reqs"), r.seen.api-r.seen.repeated, r.seen.repeated,
			r.seen.withoutToken, r.expired(), r.verdict(), r.run.ExitCode, len(r.lines()))
		fmt.Fprintf(&state, "| %s | %d → %d | %d → %d | %.0f → %.0f |\n", r.row.what, r.before.goroutines, r.after.goroutines,
			r.before.descriptors, r.after.descriptors, r.before.heap, r.after.heap)
	}
	write(t, "faults", counts.String())
	write(t, "levels", state.String())
}

// expired says how many requests arrived with an expired token, and why.
func (r *result) expired() string {
	if r.seen.late == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, the machine was late: k6 by up to %.0f ms", r.seen.late,
		r.run.Summary.Value("clientcreds_generator_lag", "max"))
}

// verdict is the verdict with its rules.
func (r *result) verdict() string {
	if len(r.row.breaks) == 0 {
		return "PASS"
	}
	rules := r.row.breaks
	if r.record != nil {
		rules = r.record.Rules()
	}
	return "INVALID (`" + strings.Join(rules, "`, `") + "`)"
}

// TestPage: the page has a line for every fault.
func TestPage(t *testing.T) {
	t.Parallel()
	text := k6test.ReadFile(t, page)
	for _, c := range append(serverFaults(), outputFaults()...) {
		require.Equal(t, 2, strings.Count(text, "\n| "+c.what+" | "), "%s: make test-faults writes it", c.what)
	}
	for _, c := range signals() {
		require.Contains(t, text, "\n| "+c.name()+" in "+c.phase+" | ")
	}
}
