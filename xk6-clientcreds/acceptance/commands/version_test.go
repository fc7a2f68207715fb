package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVersionOfTheBinary: k6 knows the version, also of a binary that was built from a folder, and takes it for what a
// script requires.
func TestVersionOfTheBinary(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	code, out := inFolder(t, folder, nil, binary(t), "x", "clientcreds", "--version")
	require.Zero(t, code, out)
	said := regexp.MustCompile(`^k6/x/clientcreds (v\d+\.\d+\.\d+)`).FindStringSubmatch(out)
	require.Len(t, said, 2, out)
	version := said[1]
	code, out = inFolder(t, folder, nil, binary(t), "version")
	require.Zero(t, code, out)
	require.Equal(t, 4, strings.Count(out, "github.com/xk6-clientcreds/harness "+version), out)

	for required, custom := range map[string]string{version: "no", "v99.0.0": "yes"} {
		script := "'use k6 with k6/x/clientcreds >= " + strings.TrimPrefix(required, "v") + "';\n" +
			"import { Client } from 'k6/x/clientcreds';\nexport default function () { typeof Client; }\n"
		require.NoError(t, os.WriteFile(filepath.Join(folder, "script.js"), []byte(script), 0o600))
		code, out = inFolder(t, folder, nil, binary(t), "deps", "script.js")
		require.Zero(t, code, out)
		require.Contains(t, out, "Custom Build Required: "+custom, required)
	}
}
