package exporter

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
)

// stop stops the output in the background and waits until it lingers. What it returns waits for
// the end.
func (r *rig) stop(testErr error) (wait func() error) {
	r.t.Helper()
	done := make(chan error, 1)
	go func() { done <- r.StopWithTestError(testErr) }()
	require.Eventually(r.t, func() bool { return r.lingers() }, 10*time.Second, time.Millisecond)
	return func() error {
		select {
		case err := <-done:
			return err
		case <-time.After(10 * time.Second):
			return errors.New("the output does not stop")
		}
	}
}

func (r *rig) lingers() bool {
	for _, entry := range r.logs.AllEntries() {
		if strings.HasPrefix(entry.Message, "The test is over.") {
			return true
		}
	}
	return false
}

// interruptItself is Ctrl-C.
func interruptItself(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	require.NoError(t, self.Signal(os.Interrupt))
}

func TestLingerServesTheEndOfTheTest(t *testing.T) {
	r := newRig(t, "127.0.0.1:0,linger=1h")
	r.SetThresholds(map[string]metrics.Thresholds{"iterations": metrics.NewThresholds([]string{"count>5"})})
	r.start()
	r.add(r.builtin.Iterations, 1)
	wait := r.stop(nil)
	_, body := get(t, plainClient(t), r.server.url())
	assert.Contains(t, body, "\nk6_iterations_total 1\n")
	assert.Contains(t, body, "\nk6_test_running 0\n")
	assert.Contains(t, body, `threshold="count>5"} 1`)
	interruptItself(t)
	require.NoError(t, wait())
}

// TestVerdictIsServedAtTheEnd: with its reasons, the exit code that the run comes to, and the time of the test's own
// end.
func TestVerdictIsServedAtTheEnd(t *testing.T) {
	r := newRig(t, "127.0.0.1:0,linger=1h")
	r.outcome = func(err error) (Outcome, bool) {
		return Outcome{
			Verdict: "INVALID", Reasons: []Reason{{"rejections", "3 answers were 401"}, {"expired_token_uses", `1 "late" use`}},
			ExitCode: 90, End: testStart.Add(4 * time.Second),
		}, err == nil
	}
	r.start()
	r.add(r.builtin.Iterations, 1)
	assert.NotContains(t, r.scrape(acceptText), "clientcreds_verdict")
	r.time = r.time.Add(9 * time.Second)
	wait := r.stop(nil)
	body := r.scrape(acceptText)
	for _, line := range []string{
		`k6_clientcreds_verdict{verdict="PASS"} 0`, `k6_clientcreds_verdict{verdict="FAIL"} 0`,
		`k6_clientcreds_verdict{verdict="INVALID"} 1`,
		`k6_clientcreds_verdict_reason{rule="rejections",text="3 answers were 401"} 1`,
		`k6_clientcreds_verdict_reason{rule="expired_token_uses",text="1 \"late\" use"} 1`,
		`k6_test_exit_code 90`, `k6_test_end_time_seconds 1.700000004e+09`,
	} {
		assert.Contains(t, body, "\n"+line+"\n")
	}
	interruptItself(t)
	require.NoError(t, wait())
}

// TestSamplesAreHandedOn: to the observer of the run, whose wrong setting ends k6 before the test.
func TestSamplesAreHandedOn(t *testing.T) {
	var seen []metrics.SampleContainer
	es := &Exporters{Observe: func(output.Params) (func([]metrics.SampleContainer), error) {
		return func(all []metrics.SampleContainer) { seen = append(seen, all...) }, nil
	}}
	e, err := es.New(k6kit.Params("127.0.0.1:0"))
	require.NoError(t, err)
	r := newRig(t, "127.0.0.1:0")
	e.AddMetricSamples([]metrics.SampleContainer{r.sample(r.builtin.Iterations, 1)})
	assert.Len(t, seen, 1)
	es.Observe = func(output.Params) (func([]metrics.SampleContainer), error) {
		return nil, errors.New("a wrong setting")
	}
	_, err = es.New(k6kit.Params("127.0.0.1:0"))
	require.EqualError(t, err, "a wrong setting")
	var coded errext.HasExitCode
	require.ErrorAs(t, err, &coded)
	assert.Equal(t, exitcodes.InvalidConfig, coded.ExitCode())
}

func TestLingerEndsByTime(t *testing.T) {
	r := newRig(t, "127.0.0.1:0,linger=1ms")
	r.start()
	require.NoError(t, r.stop(nil)())
}

// TestAutoLingerWaitsForOneMoreScrape: the two before were half a minute apart.
func TestAutoLingerWaitsForOneMoreScrape(t *testing.T) {
	r := newRig(t, "127.0.0.1:0")
	r.start()
	client := plainClient(t)
	get(t, client, r.server.url())
	r.time = r.time.Add(20 * time.Second)
	get(t, client, r.server.url())
	wait := r.stop(nil)
	message := r.logs.LastEntry().Message
	assert.Equal(t, "The test is over. Metrics can be scraped for up to 40s more; Ctrl-C ends the wait", message)
	_, body := get(t, client, r.server.url())
	assert.Contains(t, body, "\nk6_test_running 0\n")
	require.NoError(t, wait())
}

// TestAutoLingerWaitsForAClientThatReconnects: the server reports that its connections are closed.
func TestAutoLingerWaitsForAClientThatReconnects(t *testing.T) {
	r := newRig(t, "127.0.0.1:0")
	r.start()
	for range 2 {
		r.time = r.time.Add(20 * time.Second)
		client := plainClient(t)
		get(t, client, r.server.url())
		client.CloseIdleConnections()
		require.Eventually(t, r.scrapes.allClosed, 10*time.Second, time.Millisecond)
	}
	wait := r.stop(nil)
	get(t, plainClient(t), r.server.url())
	require.NoError(t, wait())
}

func (s *scrapes) allClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(s.scrapers, func(one *scraper) bool { return !one.closed })
}

func TestNoLinger(t *testing.T) {
	for name, c := range map[string]struct {
		argument string
		scrapes  int
		err      error
	}{
		"auto, nobody scrapes":       {"linger=auto", 0, nil},
		"auto, somebody looked once": {"linger=auto", 1, nil},
		"0s":                         {"linger=0s", 2, nil},
		"the test was stopped":       {"linger=1h", 2, errext.WithAbortReasonIfNone(errors.New("x"), errext.AbortedByUser)},
		"the test was stopped (auto)": {
			"linger=auto", 2,
			errext.WithAbortReasonIfNone(errors.New("x"), errext.AbortedByUser),
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "127.0.0.1:0,"+c.argument)
			r.start()
			client := plainClient(t)
			for range c.scrapes {
				r.time = r.time.Add(time.Minute)
				get(t, client, r.server.url())
			}
			require.NoError(t, r.StopWithTestError(c.err))
			assert.False(t, r.lingers())
		})
	}
}

func TestTextfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "k6.prom")
	require.NoError(t, os.WriteFile(file, []byte("of the last test"), 0o640))
	r := newRig(t, "127.0.0.1:0,textfile="+file)
	r.start()
	r.add(r.builtin.Iterations, 3)
	r.unwritten = func(err error) { assert.NoError(t, err) }
	require.NoError(t, r.Stop())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	families := parseText(t, string(content))
	assert.Equal(t, 3.0, sumOf(families["k6_iterations_total"]))
	assert.Contains(t, families, "k6_test_exit_code", "it is of after the end")
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing else is left")
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm(), "the mode is kept")
}

func TestTextfileThatCannotBeWritten(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "reports")
	argument := "127.0.0.1:0,textfile=" + filepath.Join(folder, "k6.prom")
	_, err := New(k6kit.Params(argument))
	require.ErrorContains(t, err, `option "textfile": `, "it is known before the test")
	require.ErrorContains(t, err, "there is no folder")
	var coded errext.HasExitCode
	require.ErrorAs(t, err, &coded)
	assert.Equal(t, exitcodes.InvalidConfig, coded.ExitCode())

	require.NoError(t, os.Mkdir(folder, 0o700))
	r := newRig(t, argument)
	var unwritten []error
	r.unwritten = func(err error) { unwritten = append(unwritten, err) }
	r.start()
	require.NoError(t, os.Remove(folder))
	require.ErrorContains(t, r.Stop(), `option "textfile": `)
	require.Len(t, unwritten, 1, "the run does not end well")
	require.ErrorContains(t, unwritten[0], `-o prometheus did not write its results: option "textfile": `)
}

// pushgateway answers with a status and keeps the last request.
func pushgateway(t *testing.T, status int) (url string, request func() (*http.Request, string)) {
	t.Helper()
	type received struct {
		request *http.Request
		body    string
	}
	requests := make(chan received, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(status)
		requests <- received{r, string(body)}
	}))
	t.Cleanup(server.Close)
	return server.URL, func() (*http.Request, string) {
		got := <-requests
		return got.request, got.body
	}
}

func TestPush(t *testing.T) {
	url, request := pushgateway(t, http.StatusOK)
	r := newRig(t, "127.0.0.1:0,pushUrl="+url+",pushJob=load,pushLabels=env:ci,pushUsername=user,pushPassword=pass")
	r.start()
	r.add(r.builtin.Iterations, 3)
	require.NoError(t, r.Stop())
	got, body := request()
	assert.Equal(t, http.MethodPut, got.Method, "it replaces the group")
	assert.Equal(t, "/metrics/job/load/env/ci", got.URL.Path)
	username, password, _ := got.BasicAuth()
	assert.Equal(t, "user:pass", username+":"+password)
	names := make(map[string]bool)
	for _, family := range parseProtobuf(t, body) {
		names[family.GetName()] = true
	}
	assert.True(t, names["k6_iterations_total"])
	assert.True(t, names["k6_test_exit_code"], "it is of after the end")
}

// TestPushLabelsThatMetricsHave: a push with them fails, but that would show after the test only.
func TestPushLabelsThatMetricsHave(t *testing.T) {
	for _, label := range []string{"scenario", "testid"} {
		params := k6kit.Params("pushUrl=http://localhost,pushLabels=env:ci " + label + ":x")
		params.ScriptOptions.RunTags = map[string]string{"testid": "7"}
		_, err := New(params)
		require.EqualError(t, err, `option "pushLabels": metrics have a label "`+label+
			`" of their own, or a tag of the run makes it; choose other names`)
	}
}

func TestPushThatIsRefused(t *testing.T) {
	url, request := pushgateway(t, http.StatusUnauthorized)
	r := newRig(t, "127.0.0.1:0,pushUrl="+url+",pushUsername=user,pushPassword=hidden")
	r.start()
	err := r.Stop()
	request()
	require.ErrorContains(t, err, "pushing to the Pushgateway: unexpected status code 401")
	assert.NotContains(t, err.Error(), "hidden")
	_, dialErr := net.Dial("tcp", r.server.listener.Addr().String())
	require.Error(t, dialErr, "the output has stopped all the same")
}

// TestAnswerOfAGatewayIsCut: it may be the page of a proxy, an attempt to write to the terminal, or endless.
func TestAnswerOfAGatewayIsCut(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>\n\x1b[31m\xffbad\u202e\tgateway"))
		for {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	r := newRig(t, "127.0.0.1:0,pushUrl="+server.URL)
	r.start()
	err := r.Stop()
	require.ErrorContains(t, err, "unexpected status code 502 while pushing to "+server.URL+"/metrics/job/k6: <html> [31m bad gateway")
	assert.Less(t, len(err.Error()), 400)
	assert.NotRegexp(t, `[\x00-\x1f]|\x{202e}|\x{fffd}`, err.Error())
}
