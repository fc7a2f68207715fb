package authserver

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// TestDocumentedRequests makes the requests of docs/guides/faults.md, one after the other.
func TestDocumentedRequests(t *testing.T) {
	t.Parallel()
	text := testkit.Read(t, "docs/guides/faults.md")
	command := regexp.MustCompile(`^curl (?:-X ([A-Z]+) )?"\$ADMIN_URL([^"]+)"(?: -d '([^']*)')?\n$`)
	s, h := offline(t, Config{TokenFormat: JWT})
	made := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		parts := command.FindStringSubmatch(line)
		require.NotNil(t, parts, line)
		if parts[1] == "" {
			parts[1] = http.MethodGet
		}
		q := admin(parts[1], parts[2], parts[3])
		q.header.Set("Content-Type", formType) // as curl does
		require.Less(t, q.ask(t, h).status, 300, line)
		made++
	}
	require.Equal(t, 13, made)
	require.Equal(t, map[string]map[string]int64{
		"revocation": {"server": 2}, "key_rotation": {"server": 1}, "secret_rotation": {"server": 1},
		"nonce_reset": {"server": 1},
	}, s.Stats().Faults)
}
