package verdicts

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestRecordOfAGoodRun(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.TLSDir = t.TempDir() })
	r, record := k6test.Run{
		Script: "scripts/api-load.js", Args: []string{"--env", "NOTE=written-to-nobody"},
		Env: server.Env("VUS=3", "DURATION=3s", "PAUSE=0.02"),
	}.Recorded(t)
	r.Passes(t)
	require.Regexp(t, `msg="run record \S+/record.json: PASS" output=clientcreds-record`, r.Output)
	require.Equal(t, "PASS", record.Validity.Verdict)
	require.Empty(t, record.Validity.Reasons)
	require.Equal(t, "api-load.js", record.Run.Script)
	require.True(t, record.Run.Completed)
	require.Equal(t, "constant-vus", record.Run.Scenarios[0].Executor)
	require.Equal(t, []struct{ Name, Auth string }{{servers.LocalID, "client_secret_basic"}}, record.Run.Clients)
	require.Equal(t, "v2.2.0", record.Instances[0].K6)
	require.Regexp(t, `"tls":\["tls1.3"\]`, record.Text)
	require.Regexp(t, `"targets":\{"tokenEndpoints":\["https://127\.0\.0\.1:\d+"\],"apis":\["https://127\.0\.0\.1:\d+"\]\}`, record.Text)

	// The counts equal the counts of k6 and of the server.
	for _, name := range []string{"http_reqs", "iterations", "clientcreds_requests", "clientcreds_cache_hits"} {
		require.Equal(t, r.Summary.Value(name, "count"), record.Metrics[name].All.Sum, name)
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

	for _, secret := range []string{servers.LocalSecret, "written-to-nobody", "/token", "/api/", "Bearer", server.Config.TLSDir} {
		require.NotContains(t, record.Text, secret)
	}
}

// TestRecordsOfSegmentsAddUp: two processes, each with a half of the test.
func TestRecordsOfSegmentsAddUp(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	folder := t.TempDir()
	var processes []*k6test.K6
	for i, segment := range []string{"0:1/2", "1/2:1"} {
		processes = append(processes, k6test.Run{
			Script: "scripts/api-load.js", Env: server.Env("VUS=4", "DURATION=2s", "PAUSE=0.02"),
			Args: []string{
				"-o", "clientcreds-record=" + filepath.Join(folder, string(rune('a'+i))+".json"),
				"--execution-segment", segment, "--execution-segment-sequence", "0,1/2,1",
			},
		}.Start(t))
	}
	totals := map[string]float64{}
	for _, p := range processes {
		r := p.Result(t).Passes(t)
		for _, name := range []string{"http_reqs", "iterations", "clientcreds_requests"} {
			totals[name] += r.Summary.Value(name, "count")
		}
	}
	merged := filepath.Join(t.TempDir(), "merged.json")
	code, output := k6test.Judge(t, "--merged", merged, folder)
	require.Zero(t, code, output)
	record := k6test.ReadRecord(t, merged)
	require.Equal(t, "PASS", record.Validity.Verdict)
	require.Len(t, record.Instances, 2)

	// A comparison takes them for one run, too, and a segment alone for another load.
	a, b := filepath.Join(folder, "a.json"), filepath.Join(folder, "b.json")
	code, output = k6test.Subcommand(t, "compare", a, b)
	require.Equal(t, k6test.ExitInvalid, code, output)
	require.Contains(t, output, "the runs are not of one load: execution segments: 0:1/2 in base and 1/2:1 in head\n")
	code, output = k6test.Subcommand(t, "compare", folder, merged)
	require.Equal(t, k6test.ExitUnusable, code, output)
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
			server := servers.StartLocal(t, change)
			r, record := k6test.Run{
				Script: k6test.Fixture("short-run.js"),
				Env:    server.Env("K6_CLIENTCREDS_ALLOW=failed_token_requests"),
				Args:   []string{"-o", "prometheus=addr=127.0.0.1:0,linger=2s"},
			}.Recorded(t)
			require.Zero(t, r.ExitCode, r.Output)
			seconds := r.Summary.Value("iterations", "count") / r.Summary.Value("iterations", "rate")
			require.InEpsilon(t, seconds, record.Run.End.Sub(record.Run.Start).Seconds(), 0.05, "k6 says the same")
		})
	}
}

// TestRecordOfARunThatIsStopped: by a threshold, in the middle.
func TestRecordOfARunThatIsStopped(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	file := filepath.Join(t.TempDir(), "record.json")
	r := k6test.Run{
		Script: k6test.Fixture("stopped.js"),
		Env:    server.Env(), Args: []string{"-o", "clientcreds-record=" + file},
	}.Do(t)
	require.Equal(t, k6test.ExitThresholds, r.ExitCode, r.Output)
	record := k6test.ReadRecord(t, file)
	require.False(t, record.Run.Completed)
	require.Equal(t, "FAIL", record.Validity.Verdict)
	require.Equal(t, r.Summary.Value("iterations", "count"), record.Metrics["iterations"].All.Sum)
	code, output := k6test.Judge(t, file)
	require.Equal(t, k6test.ExitThresholds, code, output)
	require.Contains(t, output, "FAIL\n  thresholds: iterations: count<1 does not hold\n")
}
