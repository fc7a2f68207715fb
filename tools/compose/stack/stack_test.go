package stack

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// longest bounds one command of Docker Compose.
const longest = 3 * time.Minute

// stack is a run of docker-compose.yml.
type stack struct {
	compose string
	args    []string // which files and which project
	env     []string
	ports   map[string]string
}

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	require.NotEmpty(t, value, "%s must be set; `make test-compose` does", name)
	return value
}

// newStack prepares a stack that shares no name and no port with another. What is left of it in the
// end is removed.
func newStack(t *testing.T, env ...string) *stack {
	t.Helper()
	root := setting(t, "PROJECT_ROOT")
	project := fmt.Sprintf("clientcreds-test-%d", os.Getpid())
	s := &stack{
		compose: setting(t, "COMPOSE_BIN"),
		args: []string{
			"--project-name", project, "--project-directory", root,
			"--file", filepath.Join(root, "docker-compose.yml"),
			"--file", filepath.Join(root, "tools/compose/stack/testdata/prometheus.yml"),
		},
		ports: map[string]string{"AUTHSERVER_PORT": freePort(t), "PROMETHEUS_PORT": freePort(t)},
		// Nothing of this process's environment but what reaches the engine: a variable set on
		// somebody's machine must not change the run.
		env: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DOCKER_HOST=" + os.Getenv("DOCKER_HOST"),
			"K6_IMAGE=" + project + "/k6", "PROMETHEUS_IMAGE=" + project + "/prometheus",
			"BINARY=prebuilt", "BASE_IMAGE=scratch", "PROMETHEUS_CONTEXT=" + setting(t, "PROMETHEUS_CONTEXT"),
		},
	}
	for name, port := range s.ports {
		s.env = append(s.env, name+"="+port)
	}
	s.env = append(s.env, env...)
	t.Cleanup(func() {
		if t.Failed() {
			out, err := s.run("logs", "--no-color", "--tail", "60")
			t.Log(out, err)
		}
		out, err := s.run("down", "--volumes", "--remove-orphans", "--timeout", "10")
		require.NoError(t, err, out)
		for _, image := range []string{"k6", "prometheus"} {
			cmd := exec.Command("docker", "image", "rm", "--force", project+"/"+image)
			cmd.Env = s.env
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
		}
	})
	return s
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// run runs Docker Compose. It outlives the test's context, because it also cleans up.
func (s *stack) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.compose, append(s.args[:len(s.args):len(s.args)], args...)...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *stack) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.run(args...)
	require.NoError(t, err, "%s: %s", strings.Join(args, " "), out)
	return out
}

// get reads JSON from a published port.
func get(t *testing.T, target string, into any) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		// The CA stays in the volume. The answer is only counted.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, // #nosec G402 -- see above
	}}
	resp, err := client.Get(target)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", body)
	require.NoError(t, json.Unmarshal(body, into), "%s", body)
}

// sum is the sum over all series of a metric, at the last time that each was scraped.
func (s *stack) sum(t *testing.T, metric string) int {
	t.Helper()
	return s.value(t, "sum(last_over_time("+metric+"[15m]))")
}

// count is the number of observations of a native histogram.
func (s *stack) count(t *testing.T, metric string) int {
	t.Helper()
	return s.value(t, "sum(histogram_count(last_over_time("+metric+"[15m])))")
}

func (s *stack) value(t *testing.T, query string) int {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	get(t, "http://127.0.0.1:"+s.ports["PROMETHEUS_PORT"]+"/api/v1/query?query="+url.QueryEscape(query), &answer)
	require.Len(t, answer.Data.Result, 1, query)
	value, err := strconv.ParseFloat(answer.Data.Result[0].Value[1].(string), 64)
	require.NoError(t, err)
	return int(value)
}

// The main job passes, Prometheus has the same counts as the server, and the last scrape was
// not lost.
func TestMainJob(t *testing.T) {
	s := newStack(t, "VUS=5", "DURATION=12s", "PAUSE=0.05", "TTL=3s", "LEEWAY=40%", "CLIENT_SECRET=secret-of-this-run")
	s.must(t, "up", "--build", "--detach", "k6")
	out := s.must(t, "wait", "k6")
	logs := s.must(t, "logs", "--no-color", "k6")
	require.Contains(t, out, "exited with status code 0", logs)
	require.Contains(t, logs, "verdict  PASS")

	var server struct {
		TokenRequests struct {
			Total    int
			ByClient map[string]int `json:"by_client"`
			ByResult map[string]int `json:"by_result"`
		} `json:"token_requests"`
		APIRequests struct {
			Total    int
			ByResult map[string]int `json:"by_result"`
		} `json:"api_requests"`
	}
	get(t, "https://127.0.0.1:"+s.ports["AUTHSERVER_PORT"]+"/stats", &server)
	require.Equal(t, map[string]int{"issued": server.TokenRequests.Total}, server.TokenRequests.ByResult)
	require.Equal(t, map[string]int{"demo": server.TokenRequests.Total}, server.TokenRequests.ByClient)
	require.Equal(t, map[string]int{"ok": server.APIRequests.Total}, server.APIRequests.ByResult)
	require.GreaterOrEqual(t, server.TokenRequests.Total, 5*3, "tokens were replaced")

	require.Equal(t, server.TokenRequests.Total, s.sum(t, "k6_clientcreds_requests_total"))
	require.Equal(t, server.APIRequests.Total, s.sum(t, "k6_http_reqs_total"))
	require.Zero(t, s.sum(t, "k6_test_exit_code"), "said at the end only")
	require.Equal(t, server.APIRequests.Total, s.count(t, "k6_http_req_duration_seconds"), "a native histogram")

	require.NotContains(t, s.must(t, "logs", "--no-color"), "secret-of-this-run")
	s.isConfined(t)
}

// A job that fails says so by its exit code: here the server does not know the client.
func TestJobThatFails(t *testing.T) {
	s := newStack(t, "VUS=1", "DURATION=1s")
	s.must(t, "up", "--build", "--detach", "--wait", "authserver", "prometheus")
	out, err := s.run("run", "--rm", "--no-TTY", "--env", "CLIENT_SECRET=not-the-right-one", "k6")
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, out)
	require.Equal(t, 107, exit.ExitCode(), out)
	require.Contains(t, out, "invalid_client")
	require.NotContains(t, out, "not-the-right-one")
}

// isConfined holds what the engine made of the limits in the file.
func (s *stack) isConfined(t *testing.T) {
	t.Helper()
	for _, service := range []string{"authserver", "k6", "prometheus"} {
		id := strings.TrimSpace(s.must(t, "ps", "--all", "--quiet", service))
		cmd := exec.CommandContext(t.Context(), "docker", "inspect", id)
		cmd.Env = s.env
		out, err := cmd.Output()
		require.NoError(t, err)
		var containers []struct {
			Config     struct{ User string }
			HostConfig struct {
				ReadonlyRootfs bool
				CapDrop        []string
				Privileged     bool
			}
		}
		require.NoError(t, json.Unmarshal(out, &containers))
		require.Len(t, containers, 1)
		c := containers[0]
		require.True(t, c.HostConfig.ReadonlyRootfs, service)
		require.Equal(t, []string{"ALL"}, c.HostConfig.CapDrop, service)
		require.False(t, c.HostConfig.Privileged, service)
		require.Regexp(t, "^6553[24]:6553[24]$", c.Config.User, service)
	}
}
