package acceptance

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// exitInvalid is the exit code of a run that does not count.
const exitInvalid = 90

// runRecord holds the parts of a run record that the tests check.
type runRecord struct {
	Run struct {
		Start     time.Time
		End       time.Time
		Script    string
		Completed bool
		Commit    string
		Scenarios []struct{ Name, Executor string }
		Clients   []struct{ Name, Auth string }
	}
	Instances []struct {
		K6, Segment string
		Series      map[string]json.RawMessage
	}
	Thresholds []struct {
		Metric, Source string
		Crossed        bool
	}
	Validity struct {
		Verdict string
		Reasons []struct{ Rule, Text string }
	}
	Metrics map[string]struct {
		All recordValues
		By  map[string]map[string]recordValues
	}
	Series map[string]struct{ Points []recordValues }

	text string
}

type recordValues struct {
	Samples, Sum, Nonzero float64
}

// rules are those that were broken, each once.
func (r *runRecord) rules() []string {
	names := []string{}
	for _, reason := range r.Validity.Reasons {
		names = append(names, reason.Rule)
	}
	return slices.Compact(names)
}

// readRecord reads a record, which must be of the documented schema.
func readRecord(t *testing.T, file string) *runRecord {
	t.Helper()
	r := &runRecord{text: read(t, file)}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join(projectRoot, "docs/reference/record.schema.json"))
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(r.text))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value))
	require.NoError(t, json.Unmarshal([]byte(r.text), r))
	return r
}

// recorded makes a run that is recorded.
func (r k6run) recorded(t *testing.T) (run, *runRecord) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "record.json")
	r.args = append(slices.Clone(r.args), "-o", "clientcreds-record="+file) // after other outputs
	result := r.do(t)
	return result, readRecord(t, file)
}

// judge runs k6 x clientcreds verdict.
func judge(t *testing.T, args ...string) (exitCode int, output string) {
	t.Helper()
	return subcommand(t, append([]string{"verdict"}, args...)...)
}

// subcommand runs k6 x clientcreds.
func subcommand(t *testing.T, args ...string) (exitCode int, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), k6Binary(t), append([]string{"x", "clientcreds"}, args...)...) // #nosec G204 -- the binary under test
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "K6_AUTO_EXTENSION_RESOLUTION=false"}
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestRecordOfAGoodRun(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, func(c *authserver.Config) { c.TLSDir = t.TempDir() })
	r, record := k6run{
		script: "scripts/api-load.js", args: []string{"--env", "NOTE=written-to-nobody"},
		env: server.env("VUS=3", "DURATION=3s", "PAUSE=0.02"),
	}.recorded(t)
	r.passes(t)
	require.Regexp(t, `msg="run record \S+/record.json: PASS" output=clientcreds-record`, r.output)
	require.Equal(t, "PASS", record.Validity.Verdict)
	require.Empty(t, record.Validity.Reasons)
	require.Equal(t, "api-load.js", record.Run.Script)
	require.True(t, record.Run.Completed)
	require.Equal(t, "constant-vus", record.Run.Scenarios[0].Executor)
	require.Equal(t, []struct{ Name, Auth string }{{localID, "client_secret_basic"}}, record.Run.Clients)
	require.Equal(t, "v2.2.0", record.Instances[0].K6)
	require.Regexp(t, `"tls":\["tls1.3"\]`, record.text)
	require.Regexp(t, `"targets":\{"tokenEndpoints":\["https://127\.0\.0\.1:\d+"\],"apis":\["https://127\.0\.0\.1:\d+"\]\}`, record.text)

	// The counts equal the counts of k6 and of the server.
	for _, name := range []string{"http_reqs", "iterations", "clientcreds_requests", "clientcreds_cache_hits"} {
		require.Equal(t, r.summary.value(name, "count"), record.Metrics[name].All.Sum, name)
		sum := 0.0
		for _, p := range record.Series[name].Points {
			sum += p.Sum
		}
		require.Equal(t, record.Metrics[name].All.Sum, sum, "%s over time", name)
	}
	require.EqualValues(t, server.Stats().TokenRequests.Total,
		record.Metrics["clientcreds_requests"].By["reason"]["cold"].Sum)
	require.Equal(t, record.Metrics["http_reqs"].All.Sum, record.Metrics["http_req_duration"].All.Samples)
	for _, gauge := range []string{"vus", "clientcreds_generator_cpu"} {
		require.Contains(t, record.Instances[0].Series, gauge)
	}
	require.Positive(t, record.Metrics["clientcreds_generator_lag"].All.Samples)

	for _, secret := range []string{localSecret, "written-to-nobody", "/token", "/api/", "Bearer", server.config.TLSDir} {
		require.NotContains(t, record.text, secret)
	}
}

// delayed is a server that takes its time.
func delayed(by time.Duration) authserver.Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(by):
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		})
	}
}

// TestRecordsOfSegmentsAddUp: two processes, each with a half of the test.
func TestRecordsOfSegmentsAddUp(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, nil)
	folder := t.TempDir()
	var processes []*k6process
	for i, segment := range []string{"0:1/2", "1/2:1"} {
		processes = append(processes, k6run{
			script: "scripts/api-load.js", env: server.env("VUS=4", "DURATION=2s", "PAUSE=0.02"),
			args: []string{
				"-o", "clientcreds-record=" + filepath.Join(folder, string(rune('a'+i))+".json"),
				"--execution-segment", segment, "--execution-segment-sequence", "0,1/2,1",
			},
		}.start(t))
	}
	totals := map[string]float64{}
	for _, p := range processes {
		r := p.result(t).passes(t)
		for _, name := range []string{"http_reqs", "iterations", "clientcreds_requests"} {
			totals[name] += r.summary.value(name, "count")
		}
	}
	merged := filepath.Join(t.TempDir(), "merged.json")
	code, output := judge(t, "--merged", merged, folder)
	require.Zero(t, code, output)
	record := readRecord(t, merged)
	require.Equal(t, "PASS", record.Validity.Verdict)
	require.Len(t, record.Instances, 2)

	// A comparison takes them for one run, too, and a segment alone for another load.
	a, b := filepath.Join(folder, "a.json"), filepath.Join(folder, "b.json")
	code, output = subcommand(t, "compare", a, b)
	require.Equal(t, exitInvalid, code, output)
	require.Contains(t, output, "the runs are not of one load: execution segments: 0:1/2 in base and 1/2:1 in head\n")
	code, output = subcommand(t, "compare", folder, merged)
	require.Equal(t, exitUnusable, code, output)
	require.Contains(t, output, "both hold the k6 process that started at ")
	require.ElementsMatch(t, []string{"0:1/2", "1/2:1"},
		[]string{record.Instances[0].Segment, record.Instances[1].Segment})
	for name, total := range totals {
		require.Equal(t, total, record.Metrics[name].All.Sum, name)
	}
	require.EqualValues(t, server.Stats().APIRequests.Total, record.Metrics["http_req_duration"].All.Samples)
	require.EqualValues(t, server.Stats().TokenRequests.Total, record.Metrics["clientcreds_request_duration"].All.Samples)
}

// TestRecordIsOfTheTestItself: beside an exporter that lingers, and where a token request hangs, k6 stops the output
// later.
func TestRecordIsOfTheTestItself(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*authserver.Config){
		"a token request hangs": func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{hangingFrom(2)} },
		"an exporter lingers":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startLocalServer(t, change)
			r, record := k6run{
				code: `import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';
export const options = {scenarios: {api: {executor: 'constant-vus', vus: 2, duration: '2s', gracefulStop: '0s'}}};
const client = new Client({tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET});
export default function () { client.get(__ENV.API_URL); sleep(0.1) }`,
				env:  server.env("K6_CLIENTCREDS_ALLOW=failed_token_requests"),
				args: []string{"-o", "prometheus=addr=127.0.0.1:0,linger=2s"},
			}.recorded(t)
			require.Zero(t, r.exitCode, r.output)
			seconds := r.summary.value("iterations", "count") / r.summary.value("iterations", "rate")
			require.InEpsilon(t, seconds, record.Run.End.Sub(record.Run.Start).Seconds(), 0.05, "k6 says the same")
		})
	}
}

// hangingFrom is a server that does not answer from the nth request on.
func hangingFrom(n int64) authserver.Middleware {
	return where(func(i int64) bool { return i >= n }, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
		<-r.Context().Done()
	})
}

// TestRecordOfARunThatIsStopped: by a threshold, in the middle.
func TestRecordOfARunThatIsStopped(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, nil)
	file := filepath.Join(t.TempDir(), "record.json")
	r := k6run{
		code: `import { Client } from 'k6/x/clientcreds';
export const options = {vus: 1, duration: '1m', thresholds: {iterations: [{threshold: 'count<1', abortOnFail: true}]}};
const client = new Client({tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET});
export default function () { client.get(__ENV.API_URL) }`,
		env: server.env(), args: []string{"-o", "clientcreds-record=" + file},
	}.do(t)
	require.Equal(t, exitThresholds, r.exitCode, r.output)
	record := readRecord(t, file)
	require.False(t, record.Run.Completed)
	require.Equal(t, "FAIL", record.Validity.Verdict)
	require.Equal(t, r.summary.value("iterations", "count"), record.Metrics["iterations"].All.Sum)
	code, output := judge(t, file)
	require.Equal(t, exitThresholds, code, output)
	require.Contains(t, output, "FAIL\n  thresholds: iterations: count<1 does not hold\n")
}
