package command

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
)

// healthOf runs k6 x clientcreds health.
func healthOf(t *testing.T, args ...string) error {
	t.Helper()
	cmd := New(tests.NewGlobalTestState(t).GlobalState, os.DirFS(projectRoot))
	cmd.SetArgs(append([]string{"health"}, args...))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	return cmd.Execute()
}

func TestHealth(t *testing.T) {
	t.Parallel()
	tt := serveWith(t, nil)
	env := exported(tt.until(t, "export SCOPE"))
	require.NoError(t, healthOf(t, env["ISSUER"]+"/health"))
	tt.signals <- os.Interrupt
	_, err := tt.rest(t)
	require.NoError(t, err)

	err = healthOf(t, env["ISSUER"]+"/health")
	require.ErrorContains(t, err, "not healthy: ")
	require.ErrorContains(t, err, "connection refused")
	require.Equal(t, 1, exitCode(err))
}

// TestHealthAnswers holds what is not taken for health: any other answer, also one that
// points elsewhere, and a server whose certificate is not trusted.
func TestHealthAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/health", http.StatusFound)
		case "/down":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	require.NoError(t, healthOf(t, server.URL+"/health"))
	require.EqualError(t, healthOf(t, server.URL+"/moved"),
		"not healthy: "+server.URL+"/moved answered 302 Found instead of 200")
	require.EqualError(t, healthOf(t, server.URL+"/down"),
		"not healthy: "+server.URL+"/down answered 503 Service Unavailable instead of 200")

	tt := serveWith(t, nil, "--tls-dir", filepath.Join(t.TempDir(), "tls"))
	env := exported(tt.until(t, "export SSL_CERT_FILE"))
	require.ErrorContains(t, healthOf(t, env["ISSUER"]+"/health"), "certificate")
	tt.signals <- os.Interrupt
	_, err := tt.rest(t)
	require.NoError(t, err)
}

func TestHealthEndsWithItsContext(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	require.ErrorIs(t, health(ctx, server.URL), context.Canceled)
}

func TestHealthBadURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "localhost:8089", "/health", "ftp://localhost/health", "http://",
		"http://u:hidden@localhost/health", "http://a b",
	} {
		err := healthOf(t, url)
		require.EqualError(t, err,
			"health does not take this URL; write http(s)://host:port/path, such as http://127.0.0.1:8089/health", url)
		require.Equal(t, 104, exitCode(err))
	}
}
