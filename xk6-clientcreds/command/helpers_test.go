package command

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"go.k6.io/k6/v2/cmd/tests"
	"go.k6.io/k6/v2/errext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// childVariable makes this test binary the command that serve runs. Its value
// says what the command does.
const childVariable = "COMMAND_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		os.Exit(child(what))
	}
	// A command that gets this process's environment, by a mistake in serve, must
	// not run the tests again: they would start each other without end.
	if err := os.Setenv(childVariable, "inherited"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// child is the command.
func child(what string) int {
	switch what {
	case "environment":
		for _, name := range scriptVariables {
			value, ok := os.LookupEnv(name)
			fmt.Println(name, ok, value)
		}
		return 0
	case "clients":
		content, err := os.ReadFile(os.Getenv("CLIENTS_FILE"))
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println(os.Getenv("CLIENTS_FILE"))
		fmt.Println(string(content))
		return 0
	case "load":
		if err := loadOnce(os.Getenv); err != nil {
			fmt.Println(err)
			return 1
		}
		return 0
	case "signal":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		fmt.Println("ready")
		fmt.Println("got", <-signals)
		return 3
	case "killed":
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Kill()
		}
		fmt.Println(err)
		select {}
	case "k6":
		for _, arg := range os.Args[1:] {
			fmt.Println("argument", arg)
		}
		for _, variable := range os.Environ() {
			if name, _, _ := strings.Cut(variable, "="); name != childVariable {
				fmt.Println(variable)
			}
		}
		text, err := os.ReadFile(os.Args[len(os.Args)-1])
		fmt.Println("script", string(text), err)
		return 7
	case "inherited":
		fmt.Println("the command has the environment of serve's own process")
		return 1
	default:
		var code int
		_, _ = fmt.Sscan(what, &code)
		return code
	}
}

var scriptVariables = []string{
	"TOKEN_URL", "ISSUER", "API_URL", "CLIENT_ID", "CLIENT_SECRET", "SCOPE", "SSL_CERT_FILE", "AUDIENCE",
}

// trustingClient trusts the CA of the file and shows the certificate.
func trustingClient(t *testing.T, caFile string, pair tls.Certificate) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(caFile) // #nosec G304 -- the CA that the test made
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// loadOnce gets one token and uses it once, as a script with this environment
// would.
func loadOnce(env func(string) string) (err error) {
	pool := x509.NewCertPool()
	if file := env("SSL_CERT_FILE"); file != "" {
		pem, err := os.ReadFile(file) // #nosec G304 -- the CA that the test made
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			return fmt.Errorf("CA: %w", err)
		}
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}}
	defer client.CloseIdleConnections()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {env("SCOPE")}}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, env("TOKEN_URL"),
		strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(env("CLIENT_ID")), url.QueryEscape(env("CLIENT_SECRET")))
	body, err := exchange(client, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &token); err != nil {
		return err
	}
	r, err = http.NewRequestWithContext(context.Background(), http.MethodGet, env("API_URL"), http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	_, err = exchange(client, r)
	return err
}

func exchange(client *http.Client, r *http.Request) ([]byte, error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s: %s", r.URL.Path, resp.Status))
	}
	return body, err
}

// terminal stands in for the user: it runs serve, reads what it prints and
// sends signals.
type terminal struct {
	state   *tests.GlobalTestState
	signals chan<- os.Signal // what serve waits for; set before it prints
	out     *bufio.Scanner
	done    chan error
	errText *lockedBuffer
}

// lockedBuffer is written by the process and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// projectRoot has the files that the binary embeds.
const projectRoot = "../.."

// projectFiles are the files that the binary embeds.
var projectFiles = os.DirFS(projectRoot)

// serveWith starts k6 x clientcreds serve.
func serveWith(t *testing.T, env map[string]string, args ...string) *terminal {
	t.Helper()
	return serveAs(t, func(tt *terminal) {
		for name, value := range env {
			tt.state.Env[name] = value
		}
	}, args...)
}

// serveAs starts serve in a state that prepare has completed.
func serveAs(t *testing.T, prepare func(*terminal), args ...string) *terminal {
	t.Helper()
	tt := &terminal{state: tests.NewGlobalTestState(t), done: make(chan error, 1), errText: new(lockedBuffer)}
	prepare(tt)
	r, w := io.Pipe()
	tt.out = bufio.NewScanner(r)
	tt.state.GlobalState.Stdout.Writer, tt.state.GlobalState.Stderr.Writer = w, tt.errText
	tt.state.SignalNotify = func(c chan<- os.Signal, _ ...os.Signal) { tt.signals = c }
	tt.state.SignalStop = func(chan<- os.Signal) {}
	cmd := New(tt.state.GlobalState, os.DirFS(projectRoot))
	cmd.SetArgs(append([]string{"serve", "--addr", "127.0.0.1:0"}, args...))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	go func() {
		err := cmd.Execute()
		_ = w.Close()
		tt.done <- err
	}()
	t.Cleanup(func() {
		tt.state.Cancel()
		_, _ = io.Copy(io.Discard, r) // until serve has ended
	})
	return tt
}

// until reads lines up to the one that begins with prefix and returns them.
func (tt *terminal) until(t *testing.T, prefix string) []string {
	t.Helper()
	var lines []string
	for tt.out.Scan() {
		lines = append(lines, tt.out.Text())
		if strings.HasPrefix(tt.out.Text(), prefix) {
			return lines
		}
	}
	require.Fail(t, "serve ended before it printed "+prefix, "%v %s", <-tt.done, tt.errText)
	return nil
}

// rest reads what is still printed, and returns it with the error serve ends
// with.
func (tt *terminal) rest(t *testing.T) (string, error) {
	t.Helper()
	var lines []string
	for tt.out.Scan() {
		lines = append(lines, tt.out.Text())
	}
	return strings.Join(lines, "\n"), <-tt.done
}

// runCommand runs k6 x clientcreds with these arguments, and returns what it wrote.
func runCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	state := tests.NewGlobalTestState(t)
	var out bytes.Buffer
	state.GlobalState.Stdout.Writer = &out
	cmd := New(state.GlobalState, os.DirFS(projectRoot))
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	return out.String(), err
}

// exitCode is the one that k6 ends with.
func exitCode(err error) int {
	var coded errext.HasExitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return int(coded.ExitCode())
	}
	return -1
}

func readStats(t *testing.T, path string) authserver.Stats {
	t.Helper()
	content, err := os.ReadFile(path) // #nosec G304 -- written by the test
	require.NoError(t, err)
	var stats authserver.Stats
	require.NoError(t, json.Unmarshal(content, &stats))
	return stats
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}
