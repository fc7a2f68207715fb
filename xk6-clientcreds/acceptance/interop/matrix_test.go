package interop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// Every method of client authentication and what else a client does, at every server: one run of k6
// for each server. docs/evidence/interop.md contains the results.
func TestInteropMatrix(t *testing.T) { //nolint:tparallel // the servers are: their group is waited for
	t.Parallel()
	certs := sharedCertificates(t)
	sharedKeycloak(t) // beforehand: its start takes the time of the others
	rows := interopRows(t, certs)
	m := newMatrix(rows)
	seen := t.Run("servers", func(t *testing.T) {
		var mu sync.Mutex
		for _, server := range interopServers {
			t.Run(server.name, func(t *testing.T) {
				t.Parallel()
				c := server.start(t, certs, registrations(rows))
				trials := c.try(t, rows)
				mu.Lock()
				defer mu.Unlock()
				for _, row := range rows {
					m.cells[row.name][server.name] = c.judge(t, row, trials[row.name])
				}
			})
		}
	})
	require.True(t, seen, "not every cell has been seen")
	text := m.text(t)
	servers.HoldsNone(t, "docs/evidence/interop.md", text, secretsOf(rows), nil)
	m.compare(t, text)
}

// compare fails the test unless docs/evidence/interop.md is text. With -update it is written, but not when
// something has ceased to work: that is a failure until its row is taken out of the document by hand.
func (m matrix) compare(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(k6test.Root, "docs/evidence/interop.md")
	document, err := os.ReadFile(path) // #nosec G304 -- of the project
	if !*k6test.Update || !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	require.Empty(t, m.lost(string(document)), "this worked when docs/evidence/interop.md was written")
	if *k6test.Update {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644)) // #nosec G306 -- a document
		return
	}
	require.Empty(t, differences(string(document), text),
		"docs/evidence/interop.md says something else; `make interop` writes it")
}

// differences are the lines that only one of two texts has.
func differences(before, after string) []string {
	was, is := strings.Split(before, "\n"), strings.Split(after, "\n")
	var lines []string
	for _, line := range was {
		if !slices.Contains(is, line) {
			lines = append(lines, "-"+line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			lines = append(lines, "+"+line)
		}
	}
	if lines == nil && before != after {
		return []string{"the order of the lines"}
	}
	return lines
}
