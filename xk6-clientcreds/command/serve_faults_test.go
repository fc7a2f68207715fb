package command

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/lib/fsext"
)

// faultsOf asks the admin endpoint that serve has printed for the document in force.
func faultsOf(t *testing.T, tt *terminal) string {
	t.Helper()
	env := exported(tt.until(t, "export SCOPE"))
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env["ADMIN_URL"]+"/faults", http.NoBody)
	require.NoError(t, err)
	body, err := exchange(client, r)
	require.NoError(t, err)
	tt.signals <- os.Interrupt
	_, err = tt.rest(t)
	require.NoError(t, err)
	return string(body)
}

// TestServeFaults holds that documents and shorthands come together, and are in force.
func TestServeFaults(t *testing.T) {
	t.Parallel()
	require.JSONEq(t, `{}`, faultsOf(t, serveWith(t, nil)))
	require.JSONEq(t, `{"seed": 3, "token": {
			"latency": "20ms", "rate_limit": {"per_second": 50}, "reset": {"rate": 0.5},
			"errors": [{"rate": 0.25, "error": "temporarily_unavailable"}]
		}}`,
		faultsOf(t, serveWith(t, nil, "--faults", ` {"seed": 3, "token": {"reset": {"rate": 0.5}}}`,
			"--latency", "20ms", "--rate-limit", "50", "--error-rate", "0.25")))
	const path, document = "/test/faults.json", `{"api": {"latency": "1ms"}}`
	require.JSONEq(t, document, faultsOf(t, serveAs(t, func(tt *terminal) {
		require.NoError(t, fsext.WriteFile(tt.state.FS, path, []byte(document), 0o600))
	}, "--faults", path)))
}

func TestBadFaultFlags(t *testing.T) {
	t.Parallel()
	const duration = `; it must be a duration such as "250ms", or a number of milliseconds, from 0s to 1m0s`
	for _, tt := range []struct {
		args []string
		err  string
	}{
		{[]string{"--faults", "/no/such/file"}, "--faults: open /no/such/file: file does not exist"},
		{[]string{"--faults", "/test/empty"}, "--faults /test/empty: the file is empty; it must have a JSON object"},
		{
			[]string{"--faults", "/test/bad"},
			"--faults /test/bad: tokn is unknown; it must be one of seed, token, api, jwks, introspection, revocation, metadata, registration, tls, " +
				"clock_skew, ttl, dpop_nonce",
		},
		{[]string{"--faults", `{"token": {"latency": "fast"}}`}, `--faults: token.latency is "fast"` + duration},
		{[]string{"--latency", "fast"}, `--latency: token.latency is "fast"` + duration},
		{[]string{"--latency", "2m"}, `--latency: token.latency is "2m"` + duration},
		{
			[]string{"--latency", "1s", "--faults", `{"token": {"latency": "2s"}}`},
			"--latency: --faults has token.latency already; set one of them",
		},
		{
			[]string{"--rate-limit", "many"},
			`--rate-limit: token.rate_limit.per_second is "many"; it must be a number from 0.001 to 1e+06`,
		},
		{[]string{"--rate-limit", "0"}, "--rate-limit: token.rate_limit.per_second is 0; it must be a number from 0.001 to 1e+06"},
		{[]string{"--error-rate", "5"}, "--error-rate: token.errors[0].rate is 5; it must be a number from 0 to 1"},
		{[]string{"--error-rate", "[1]"}, `--error-rate: token.errors[0].rate is "[1]"; it must be a number from 0 to 1`},
		{[]string{"--admin", "root"}, `--admin: "root" is unknown; it must be one of loopback, on, off`},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			out, err := serveAs(t, func(tt *terminal) {
				require.NoError(t, fsext.WriteFile(tt.state.FS, "/test/empty", nil, 0o600))
				require.NoError(t, fsext.WriteFile(tt.state.FS, "/test/bad", []byte(`{"tokn": {}}`), 0o600))
			}, tt.args...).rest(t)
			require.EqualError(t, err, tt.err)
			require.Equal(t, 104, exitCode(err))
			require.Empty(t, out)
		})
	}
}

// TestServeWithoutAdmin holds that there is no admin endpoint, and none is told of, where others could reach it.
func TestServeWithoutAdmin(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--addr", "0.0.0.0:0"}, {"--admin", "off"}} {
		tt := serveWith(t, nil, args...)
		lines := tt.until(t, "export SCOPE")
		require.NotContains(t, strings.Join(lines, "\n"), "admin")
		require.NotContains(t, exported(lines), "ADMIN_URL")
		tt.signals <- os.Interrupt
		_, err := tt.rest(t)
		require.NoError(t, err)
	}
	tt := serveWith(t, nil, "--addr", "0.0.0.0:0", "--admin", "on")
	require.JSONEq(t, `{}`, faultsOf(t, tt))
}
