package recorder

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
)

func TestNamesOfOptions(t *testing.T) {
	t.Parallel()
	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for r := range rune(0x100) {
		assert.Equal(t, strings.ContainsRune(letters, r), isWord("a"+string(r)), "%q", r)
	}
}

func TestNamesOfCommits(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "record.json")
	for commit, right := range map[string]bool{
		"": true, "!~": true, " ": false, "a b": false, "a\n": false, "\x7f": false, "ä": false,
		strings.Repeat("x", 100): true, strings.Repeat("x", 101): false,
	} {
		o := options{File: file, Commit: commit}
		assert.Equal(t, right, o.check() == nil, "%q", commit)
	}
}

// An output without the module has neither clients nor targets.
func TestRecordersWithoutAModule(t *testing.T) {
	t.Parallel()
	rs := new(Recorders)
	assert.Empty(t, rs.clients())
	assert.Empty(t, rs.targets())
	rs.Clients = func() []runinfo.Client { return []runinfo.Client{{Name: "orders"}} }
	rs.Targets = func() runinfo.Targets { return runinfo.Targets{APIs: []string{"https://api.example.com"}} }
	assert.Equal(t, []runinfo.Client{{Name: "orders"}}, rs.clients())
	assert.Equal(t, []string{"https://api.example.com"}, rs.targets().APIs)
}
