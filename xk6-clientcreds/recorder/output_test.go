package recorder

import (
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/lib/types"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
	"gopkg.in/guregu/null.v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tagcache"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

func TestSamplesAreRecorded(t *testing.T) {
	r := newRig(t)
	r.add(r.builtin.VUs, 2)
	r.time = r.time.Add(5 * time.Second)
	r.add(r.builtin.IterationDuration, 500, "scenario", "load")
	r.add(r.builtin.Iterations, 1, "scenario", "load")
	r.add(r.builtin.HTTPReqDuration, 80, "scenario", "load", "status", "200", "tls_version", "tls1.3", "proto", "HTTP/2.0",
		"url", "https://x/?a=1")
	r.add(r.builtin.HTTPReqDuration, 40, "scenario", "load", "status", "500", "tls_version", "tls1.3", "proto", "HTTP/2.0",
		"url", "https://x/?a=2")
	r.add(r.builtin.HTTPReqFailed, 1)
	r.add(r.builtin.HTTPReqFailed, 0)
	r.time = r.time.Add(10 * time.Second)
	record := r.stop(nil)

	assert.Equal(t, testStart, record.Run.Start, "the output's own, where k6 tells of no start of the test")
	assert.Equal(t, testStart.Add(15*time.Second), record.Run.End)
	assert.True(t, record.Run.Completed)
	assert.Equal(t, "load.js", record.Run.Script)
	assert.Equal(t, []runinfo.Client{{Name: "orders", Auth: "client_secret_basic"}}, record.Run.Clients)
	assert.Equal(t, runinfo.Targets{
		TokenEndpoints: []string{"https://idp.example.com"},
		APIs:           []string{"https://api.example.com"},
	}, record.Run.Targets)
	assert.Equal(t, 60.0, record.Metric("http_req_duration").Mean())
	assert.Equal(t, 80.0, record.Metric("http_req_duration").Split("status", "200").Mean())
	assert.Equal(t, 0.5, record.Metric("http_req_failed").Rate())
	assert.Equal(t, 1.0, record.Metric("iterations").Count())
	assert.Equal(t, "time", record.Metric("iteration_duration").Contains)
	require.Len(t, record.Instances, 1)
	i := record.Instances[0]
	assert.Equal(t, runrecord.Connection{TLS: []string{"tls1.3"}, Protocols: []string{"HTTP/2.0"}}, i.Connection)
	assert.Equal(t, 2.0, i.Series["vus"].Points[0].Values.Last)
	assert.Positive(t, i.GOMAXPROCS)
	assert.Equal(t, validity.Pass, record.Validity.Verdict)
	assert.Equal(t, "run record "+r.options.File+": PASS", r.logs.LastEntry().Message)
}

// TestLatencyIsOfAnswers: what came without an answer took no time, whatever k6 says.
func TestLatencyIsOfAnswers(t *testing.T) {
	r := newRig(t)
	times := []*metrics.Metric{
		r.builtin.HTTPReqDuration, r.builtin.HTTPReqWaiting, r.builtin.HTTPReqReceiving,
		r.builtin.HTTPReqSending,
	}
	for _, status := range []string{"200", "0", "503"} {
		for _, m := range append(times, r.builtin.HTTPReqConnecting, r.builtin.HTTPReqs) {
			r.add(m, 5, "status", status)
		}
	}
	r.add(r.builtin.HTTPReqDuration, 5) // with systemTags that lack the status
	r.add(r.builtin.GRPCReqDuration, 5, "status", "0")
	record := r.stop(nil)
	for _, m := range times[1:] {
		assert.EqualValues(t, 2, record.Metric(m.Name).Samples(), m.Name)
	}
	assert.EqualValues(t, 3, record.Metric("http_req_duration").Samples())
	assert.Nil(t, record.Metric("http_req_duration").Split("status", "0"))
	assert.EqualValues(t, 3, record.Metric("http_req_connecting").Samples())
	assert.Equal(t, 5.0, record.Metric("http_reqs").Split("status", "0").Count(), "they are counted")
	assert.EqualValues(t, 1, record.Metric("grpc_req_duration").Samples(), "0 is the status of a gRPC call that succeeded")
	assert.Len(t, record.Series["http_req_duration"].Points, 1)
	assert.EqualValues(t, 3, record.Series["http_req_duration"].Points[0].Values.Samples)
}

// TestServersAreNamed: by what k6 says of the requests' URLs, without what is secret in them.
func TestServersAreNamed(t *testing.T) {
	r := newRig(t)
	r.add(r.builtin.HTTPReqs, 1, "url", "https://me:secret@api.example.com/path?key=secret")
	r.add(r.builtin.HTTPReqs, 1, "url", "http://127.0.0.1:8080/other")
	r.add(r.builtin.HTTPReqs, 1, "url", "the name of the request")
	r.add(r.builtin.HTTPReqs, 1)
	r.add(r.builtin.HTTPReqDuration, 1, "url", "https://other.example.com")
	r.add(r.builtin.WSSessions, 1, "url", "wss://ws.example.com/feed")
	r.add(r.builtin.GRPCReqDuration, 1, "url", "grpc.example.com:443/orders.Orders/List")
	record := r.stop(nil)
	assert.Equal(t, []string{
		"grpc://grpc.example.com:443", "http://127.0.0.1:8080", "https://api.example.com", "wss://ws.example.com",
	}, record.Run.Targets.APIs)
	for i := range 100 {
		r.add(r.builtin.HTTPReqs, 1, "url", "http://server-"+strconv.Itoa(i))
	}
	assert.Len(t, r.stop(nil).Run.Targets.APIs, runinfo.MaxTargets)
}

func TestUniqueTagsDoNotMakeItGrow(t *testing.T) {
	r := newRig(t)
	n := tagcache.Max + 10
	for i := range n {
		r.add(r.builtin.HTTPReqs, 1, "url", "https://x/"+strconv.Itoa(i))
	}
	assert.Equal(t, 10, r.samples.cells.Len())
	assert.Equal(t, float64(n), r.stop(nil).Metric("http_reqs").Count(), "nothing is lost")
}

func TestWhatTheTestIs(t *testing.T) {
	scenario := executor.NewConstantArrivalRateConfig("load")
	scenario.Rate, scenario.TimeUnit = null.IntFrom(7), types.NullDurationFrom(time.Second)
	scenario.Duration = types.NullDurationFrom(time.Minute)
	scenario.PreAllocatedVUs, scenario.MaxVUs = null.IntFrom(1), null.IntFrom(2)
	scenario.Env = map[string]string{"CLIENT_SECRET": "hush-hush"}
	scenario.Tags = map[string]string{"note": "hush-hush"}
	segment, err := lib.NewExecutionSegmentFromString("1/2:1")
	require.NoError(t, err)
	r := newRig(t, func(p *output.Params) {
		p.Environment = map[string]string{"CLIENT_SECRET": "hush-hush", commitVariable: "v1.2.3"}
		p.ScriptOptions = lib.Options{
			Scenarios:        lib.ScenarioConfigs{"load": scenario},
			RunTags:          map[string]string{"testid": "a"},
			ExecutionSegment: segment, NoConnectionReuse: null.BoolFrom(true),
		}
	})
	record := r.stop(nil)
	assert.Equal(t, []runrecord.Scenario{{
		Name: "load", Executor: "constant-arrival-rate", Exec: "default",
		Config: map[string]any{
			"duration": "1m0s", "rate": 7.0, "timeUnit": "1s", "preAllocatedVUs": 1.0, "maxVUs": 2.0,
		},
	}}, record.Run.Scenarios)
	assert.Equal(t, "v1.2.3", record.Run.Commit)
	assert.Equal(t, map[string]string{"testid": "a"}, record.Run.Tags)
	assert.Equal(t, "1/2:1", record.Instances[0].Segment)
	assert.True(t, record.Instances[0].Connection.NoReuse)
	text, err := os.ReadFile(r.options.File)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "hush")
}

func TestCommitOfTheWorkTree(t *testing.T) {
	folder := t.TempDir()
	run := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...) // #nosec G204 -- of this test
		cmd.Env = []string{"HOME=" + folder, "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	_, modified := workTree(folder)
	require.False(t, modified, "no work tree")
	script := filepath.Join(folder, "load.js")
	require.NoError(t, os.WriteFile(script, []byte("one"), 0o600))
	run("init", "-q")
	run("add", ".")
	run("commit", "-q", "-m", "first")
	at := func(p *output.Params) { p.ScriptPath = &url.URL{Scheme: "file", Path: filepath.ToSlash(script)} }

	record := newRig(t, at).stop(nil)
	assert.Equal(t, run("rev-parse", "HEAD"), record.Run.Commit+"\n")
	assert.False(t, record.Run.Modified)
	require.NoError(t, os.WriteFile(script, []byte("two"), 0o600))
	assert.True(t, newRig(t, at).stop(nil).Run.Modified)
	assert.Empty(t, newRig(t).stop(nil).Run.Commit, "a folder that is no work tree")
}

func TestThresholdsAreRecordedAsK6DecidedOnThem(t *testing.T) {
	r := newRig(t)
	thresholds := metrics.NewThresholds([]string{"rate<0.1", "rate<0.9"})
	r.SetThresholds(map[string]metrics.Thresholds{"http_req_failed": thresholds})
	r.add(r.builtin.Iterations, 1)
	thresholds.Thresholds[0].LastFailed = true // what k6 does in the end
	record := r.stop(errext.WithAbortReasonIfNone(errors.New("x"), errext.AbortedByThresholdsAfterTestEnd))
	assert.Equal(t, []validity.Threshold{
		{Metric: "http_req_failed", Source: "rate<0.1", Crossed: true}, {Metric: "http_req_failed", Source: "rate<0.9"},
	}, record.Thresholds)
	assert.Equal(t, "FAIL: 1 threshold was crossed", record.Validity.String())
	assert.True(t, record.Run.Completed)
}

// TestVoidConditionsAreNotRecorded: scripts have them so that k6 keeps a submetric.
func TestVoidConditionsAreNotRecorded(t *testing.T) {
	thresholds := map[string]metrics.Thresholds{
		"http_reqs{name:admin}": metrics.NewThresholds([]string{"count>=0", "count>0"}),
		"custom":                metrics.NewThresholds([]string{"min>=0"}),
	}
	thresholds["custom"].Thresholds[0].LastFailed = true
	r := newRig(t)
	r.SetThresholds(thresholds)
	r.add(r.builtin.Iterations, 1)
	assert.Equal(t, []validity.Threshold{
		{Metric: "custom", Source: "min>=0", Crossed: true}, {Metric: "http_reqs{name:admin}", Source: "count>0"},
	}, r.stop(nil).Thresholds)
}

func TestTestThatIsStoppedEarlyIsRecordedToo(t *testing.T) {
	for want, err := range map[string]error{
		"INVALID: stopped by SIGINT": errext.WithAbortReasonIfNone(
			errors.New("test run was aborted because k6 received a 'interrupt' signal"), errext.AbortedByUser),
		"INVALID: stopped by the script: x": errext.WithAbortReasonIfNone(errors.New("x"), errext.AbortedByScriptAbort),
		"FAIL: 1 threshold was crossed":     errext.WithAbortReasonIfNone(errors.New("x"), errext.AbortedByThreshold),
	} {
		r := newRig(t)
		thresholds := metrics.NewThresholds([]string{"rate<0.1"})
		r.SetThresholds(map[string]metrics.Thresholds{"http_req_failed": thresholds})
		thresholds.Thresholds[0].LastFailed = strings.HasPrefix(want, "FAIL")
		r.add(r.builtin.Iterations, 1)
		record := r.stop(err)
		assert.False(t, record.Run.Completed)
		assert.NotNil(t, record.Run.Stopped)
		assert.Equal(t, 1.0, record.Metric("iterations").Count())
		assert.Equal(t, want, record.Validity.String())
		assert.Equal(t, want, record.Judge(nil).String(), "the record says all that the verdict depends on")
	}
}

func TestTestThatTheScriptMarksAsFailed(t *testing.T) {
	r := newRig(t)
	r.add(r.builtin.Iterations, 1)
	record := r.stop(errext.WithExitCodeIfNone(errors.New("test run was marked as failed"), exitcodes.MarkedAsFailed))
	assert.Equal(t, "FAIL: the script marked the test as failed", record.Validity.String())
	assert.Equal(t, record.Validity, record.Judge(nil))
}

// TestThresholdsThatAreNotEvaluated: with --no-thresholds k6 hands them out and does not look at them.
func TestThresholdsThatAreNotEvaluated(t *testing.T) {
	r := newRig(t, func(p *output.Params) { p.RuntimeOptions.NoThresholds = null.BoolFrom(true) })
	r.SetThresholds(map[string]metrics.Thresholds{"http_req_failed": metrics.NewThresholds([]string{"rate<0.1"})})
	r.add(r.builtin.Iterations, 1)
	assert.Empty(t, r.stop(nil).Thresholds)
}

// TestLogNamesTheRecord: and the verdict with its reasons, and the exit code.
func TestLogNamesTheRecord(t *testing.T) {
	r := newRig(t)
	r.add(r.builtin.Iterations, 1)
	r.stop(nil)
	assert.Equal(t, "run record "+r.options.File+": PASS", r.logs.LastEntry().Message)
	assert.Equal(t, logrus.InfoLevel, r.logs.LastEntry().Level)
	r = newRig(t)
	r.stop(nil)
	assert.Equal(t, "run record "+r.options.File+": INVALID: no iteration was completed; exit code 90, not 0: "+
		"set K6_CLIENTCREDS_EXIT_CODE=k6 to keep k6's own", r.logs.LastEntry().Message)
	assert.Equal(t, logrus.WarnLevel, r.logs.LastEntry().Level)
}

func TestTestWithoutIterations(t *testing.T) {
	record := newRig(t).stop(nil)
	assert.Equal(t, "INVALID: no iteration was completed", record.Validity.String())
	assert.Equal(t, testStart, record.Run.Start)
}

func TestLostSamplesMakeTheRunInvalid(t *testing.T) {
	r := newRig(t)
	r.run.Lost = func() map[string]int64 { return map[string]int64{"prometheus_series_limit": 2} }
	r.add(r.builtin.Iterations, 1)
	r.add(r.builtin.HTTPReqDuration, math.NaN())
	record := r.stop(nil)
	assert.Equal(t, "INVALID: 3 samples were lost by an output", record.Validity.String())
	assert.Equal(t, map[string]int64{"prometheus_series_limit": 2, "not_a_number": 1}, record.Instances[0].Lost)
}

func TestWhatIsAllowed(t *testing.T) {
	rejected := func(change func(*output.Params)) string {
		r := newRig(t, change)
		r.add(r.builtin.Iterations, 1)
		r.add(r.builtin.HTTPReqs, 9, "status", "200")
		r.add(r.builtin.HTTPReqs, 1, "status", "401", "expected_response", "false")
		return r.stop(nil).Validity.String()
	}
	allow := func(text string) func(*output.Params) {
		return func(p *output.Params) {
			p.ScriptOptions.External = map[string]json.RawMessage{"clientcreds": json.RawMessage(text)}
		}
	}
	assert.Equal(t, "INVALID: 1 answer was 401", rejected(func(*output.Params) {}))
	assert.Equal(t, "PASS", rejected(allow(`{"allow":["rejections"]}`)))
	assert.Equal(t, "PASS", rejected(allow(`{"allow":{"rejections":0.1}}`)))
	assert.Equal(t, "INVALID: 1 answer was 401", rejected(allow(`{"allow":{"rejections":0.09}}`)))
	assert.Equal(t, "PASS", rejected(func(p *output.Params) {
		p.Environment = map[string]string{"K6_CLIENTCREDS_ALLOW": "rejections"}
		allow(`{"allow":{"rejections":0}}`)(p)
	}), "the environment takes precedence over the script")
}

func TestOptions(t *testing.T) {
	o, err := resolveOptions(nil, nil, "")
	require.NoError(t, err)
	assert.Equal(t, options{File: "clientcreds-record.json"}, o)
	env := map[string]string{"K6_CLIENTCREDS_RECORD_FILE": "env.json", "K6_CLIENTCREDS_RECORD_COMMIT": "abc"}
	config := json.RawMessage(`{"file":"config.json","commit":"def"}`)
	for want, given := range map[string]func() (options, error){
		"config.json def": func() (options, error) { return resolveOptions(config, nil, "") },
		"env.json abc":    func() (options, error) { return resolveOptions(config, env, "") },
		"arg.json abc":    func() (options, error) { return resolveOptions(config, env, "arg.json") },
		"a,b.json abc":    func() (options, error) { return resolveOptions(config, env, "a,b.json") },
		"./a=b.json abc":  func() (options, error) { return resolveOptions(config, env, "./a=b.json") },
		"arg=1.json abc":  func() (options, error) { return resolveOptions(config, env, "file=arg=1.json") },
		"arg.json ghi":    func() (options, error) { return resolveOptions(config, env, "file=arg.json,commit=ghi") },
		"env.json ghi":    func() (options, error) { return resolveOptions(config, env, "commit=ghi") },
	} {
		o, err := given()
		require.NoError(t, err)
		assert.Equal(t, want, o.File+" "+o.Commit)
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	const hint = `; write ./FILE if the name of the file has "=" in it`
	const nameAFile = "name a file in a folder that exists and can be written to"
	for want, change := range map[string]func(*output.Params){
		`-o clientcreds-record: "missing/record.json" cannot be written: there is no folder "missing"; ` +
			nameAFile: func(p *output.Params) {
			p.ConfigArgument = "missing/record.json"
		},
		`-o clientcreds-record: "." cannot be written: it is a folder; ` +
			nameAFile: func(p *output.Params) { p.ConfigArgument = "." },
		`-o clientcreds-record=fiel=x.json: unknown option "fiel" (did you mean "file"?); use one of file, commit, rules, scrape, scrapeMetrics, scrapeToken, scrapeCPUs` +
			hint: func(p *output.Params) { p.ConfigArgument = "fiel=x.json" },
		`-o clientcreds-record=file=x.json,commit: "commit" has no "="; write FILE, or file=FILE,commit=NAME,rules=FILE` +
			hint: func(p *output.Params) {
			p.ConfigArgument = "file=x.json,commit"
		},
		`-o clientcreds-record=file=: option "file" is empty; set it, or leave it out` +
			hint: func(p *output.Params) { p.ConfigArgument = "file=" },
		`collectors.clientcreds-record: unknown option "File" (did you mean "file"?); use one of file, commit, rules, scrape, scrapeMetrics, scrapeToken, scrapeCPUs`: func(
			p *output.Params,
		) {
			p.JSONConfig = json.RawMessage(`{"File":"x"}`)
		},
		`collectors.clientcreds-record: option "file" is not a string`: func(p *output.Params) {
			p.JSONConfig = json.RawMessage(`{"file":7}`)
		},
		`collectors.clientcreds-record: it is not a JSON object of options`: func(p *output.Params) {
			p.JSONConfig = json.RawMessage(`["x.json"]`)
		},
		`K6_CLIENTCREDS_RECORD_COMMIT must be the name of a commit: up to 100 printable characters without blanks`: func(
			p *output.Params,
		) {
			p.Environment = map[string]string{"K6_CLIENTCREDS_RECORD_COMMIT": "a b"}
		},
		`options.ext.clientcreds must be an object that has nothing but allow and the text exitCode, but it has "alow"`: func(
			p *output.Params,
		) {
			p.ScriptOptions.External = map[string]json.RawMessage{"clientcreds": json.RawMessage(`{"alow":[]}`)}
		},
		`options.ext.clientcreds: allow must be a list of rules, or an object of rules and their limits`: func(
			p *output.Params,
		) {
			p.ScriptOptions.External = map[string]json.RawMessage{"clientcreds": json.RawMessage(`{"allow":7}`)}
		},
		`options.ext.clientcreds: allow.rejections must be a number, 0 or more`: func(p *output.Params) {
			p.ScriptOptions.External = map[string]json.RawMessage{"clientcreds": json.RawMessage(`{"allow":{"rejections":-1}}`)}
		},
		`K6_CLIENTCREDS_ALLOW: "x=y": the limit of a rule must be a number, 0 or more`: func(p *output.Params) {
			p.Environment = map[string]string{"K6_CLIENTCREDS_ALLOW": "x=y"}
		},
	} {
		_, err := New(testParams(t, "record.json", change))
		require.EqualError(t, err, want)
		var coded errext.HasExitCode
		require.ErrorAs(t, err, &coded)
		assert.Equal(t, exitcodes.InvalidConfig, coded.ExitCode())
	}
}

func TestRecordThatCannotBeWritten(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(folder, 0o700))
	r := newRig(t, func(p *output.Params) { p.ConfigArgument = filepath.Join(folder, "record.json") })
	require.NoError(t, os.Remove(folder))
	r.add(r.builtin.Iterations, 1)
	require.ErrorContains(t, r.Stop(), "writing the run record: ")
	outcome := r.run.Outcome()
	assert.Equal(t, validity.Invalid, outcome.Verdict)
	assert.Equal(t, "results_not_written", outcome.Reasons[0].Rule)
	assert.Equal(t, 90, outcome.ExitCode)
}

// TestEarlierRecordIsForgotten: once a run has begun, an earlier record is not there to be taken for the one of this
// run.
func TestEarlierRecordIsForgotten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.json")
	require.NoError(t, os.WriteFile(file, []byte("of an earlier run"), 0o600))
	at := func(p *output.Params) { p.ConfigArgument = file }
	_, err := New(testParams(t, "", at))
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "of an earlier run", string(text), "the run has not begun")

	newRig(t, at) // and starts it
	_, err = runrecord.Read(file)
	require.EqualError(t, err, file+": not a run record: the file is empty, as a run leaves it that has not ended")
}

func BenchmarkAddMetricSamples(b *testing.B) {
	r := newRig(b)
	tags := r.registry.RootTagSet().With("scenario", "load").With("status", "200").With("url", "https://x/")
	var batch []metrics.SampleContainer
	for _, m := range []*metrics.Metric{
		r.builtin.HTTPReqs, r.builtin.HTTPReqDuration, r.builtin.HTTPReqBlocked, r.builtin.HTTPReqConnecting,
		r.builtin.HTTPReqSending, r.builtin.HTTPReqWaiting, r.builtin.HTTPReqReceiving, r.builtin.HTTPReqFailed,
	} {
		batch = append(batch, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags}, Time: testStart,
			Value: 12.5,
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		r.AddMetricSamples(batch)
	}
}
