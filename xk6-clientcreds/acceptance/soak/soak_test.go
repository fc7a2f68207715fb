//go:build linux

package soak

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

var (
	duration = flag.Duration("duration", 40*time.Second, "length of each soak")
	users    = flag.Int("users", 40, "virtual users of each soak")
)

// levelNames are the levels that have to stay where they are.
var levelNames = []string{"heap in MB", "goroutines", "descriptors", "series"}

// recordPerSecond bounds the memory of the record for each second of the first half hour, in MB: a point of each
// series. After that, intervals become longer, and the number of points stays the same.
const recordPerSecond = 0.012

// seriesOfErrors bounds the series that appear one after another when a rare error first meets a rare reason. A series
// per request or per token would be thousands.
const seriesOfErrors = 300

// run holds a soak and its results.
type run struct {
	what   string
	faults string
	fails  bool
	server *servers.Local
	levels map[string][]float64
	record *k6test.Record
	result k6test.Result
}

// runs are the soaks: with a server that answers, and with one that fails now and then. The API takes a token for
// longer, so that a machine that stands still shows as late uses and not as rejections.
func runs() []*run {
	const lax = `"clock_skew": {"api": "-20s"}`
	return []*run{
		{what: "no errors", faults: `{` + lax + `}`},
		{
			what: "4% errors and 1% 429", fails: true,
			faults: `{"seed": 1, "token": {"errors": [{"rate": 0.04, "error": "server_error"}, ` +
				`{"rate": 0.01, "status": 429, "retry_after": "1s"}]}, ` + lax + `}`,
		},
	}
}

// TestSoak: nothing grows, no token is late, and failures of the server do not multiply its load.
func TestSoak(t *testing.T) {
	all := runs()
	for _, r := range all {
		t.Run(r.what, func(t *testing.T) {
			if !*k6test.Update {
				t.Parallel()
			}
			r.soak(t)
			r.check(t)
		})
	}
	if *k6test.Update && !t.Failed() {
		document(t, all)
	}
}

var (
	goroutineTotal = regexp.MustCompile(`goroutine profile: total (\d+)`)
	heapAlloc      = regexp.MustCompile(`# HeapAlloc = (\d+)`)
)

// soak runs k6, which a scraper scrapes once per second.
func (r *run) soak(t *testing.T) {
	t.Helper()
	r.server = servers.StartLocal(t, func(c *authserver.Config) {
		c.Clients[0].TTL = 3 * time.Second
		c.Faults = []byte(r.faults)
	})
	rest, exporter := k6test.FreeAddress(t), k6test.FreeAddress(t)
	record := filepath.Join(t.TempDir(), "record.json")
	k6 := k6test.Run{
		Script: k6test.Fixture("soak.js"), AtMost: *duration + k6test.LongestRun,
		Env: r.server.Env("VUS="+strconv.Itoa(*users), "DURATION="+duration.String(), "PAUSE=2",
			"K6_CLIENTCREDS_EXIT_CODE=verdict"),
		// k6's own summary keeps each sample of a trend.
		Args: []string{
			"--quiet", "--summary-mode", "disabled", "--no-thresholds", "--profiling-enabled", "--address", rest,
			"-o", "clientcreds-record=" + record, "-o", "prometheus=linger=0s,addr=" + exporter,
		},
	}.Start(t)
	r.levels = make(map[string][]float64)
	k6test.Eventually(t, func() bool { return r.server.Stats().APIRequests.Total > int64(2**users) }, "the load")
	begin, end := time.Now(), time.Now().Add(*duration-(*duration)/10)
	seconds := time.NewTicker(time.Second)
	defer seconds.Stop()
	for i := 0; time.Now().Before(end); i++ {
		<-seconds.C
		series := countSeries(t, "http://"+exporter+"/metrics")
		// After a tenth of the run, everything that it needs once is there. A garbage collection per second would be most
		// of the load.
		if time.Since(begin) > *duration/10 && (i%5 == 0 || *duration < 5*time.Minute) {
			r.sample(t, k6, rest, series)
		}
	}
	r.result = k6.Result(t)
	r.record = k6test.ReadRecord(t, record)
}

// sample notes the levels.
func (r *run) sample(t *testing.T, k6 *k6test.K6, rest string, series int) {
	t.Helper()
	profile := func(name string, number *regexp.Regexp) float64 {
		found := number.FindStringSubmatch(k6test.Body(t, "http://"+rest+"/debug/pprof/"+name))
		require.NotNil(t, found, "%s of k6: %s", name, k6.Output)
		n, err := strconv.ParseFloat(found[1], 64)
		require.NoError(t, err)
		return n
	}
	descriptors, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(k6.Cmd.Process.Pid), "fd"))
	require.NoError(t, err)
	for name, value := range map[string]float64{
		"heap in MB": profile("heap?debug=1&gc=1", heapAlloc) / 1e6, "goroutines": profile("goroutine?debug=1", goroutineTotal),
		"descriptors": float64(len(descriptors)), "series": float64(series),
	} {
		r.levels[name] = append(r.levels[name], value)
	}
}

// countSeries scrapes the exporter.
func countSeries(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url) // #nosec G107 -- of this test
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	n := 0
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("#")) {
			n++
		}
	}
	return n
}

// check proves what a soak is for.
func (r *run) check(t *testing.T) {
	t.Helper()
	for _, name := range levelNames {
		g := grew(r.levels[name])
		t.Logf("%s: %.0f, %s", name, g.level, g)
		known := 0.0
		switch {
		case name == "heap in MB":
			known = recordPerSecond * duration.Seconds()
		case name == "goroutines": // a second connection, which some virtual users need sooner or later, has two
			known = float64(*users) / 2
		case name == "descriptors":
			known = float64(*users) / 4
		case name == "series" && r.fails:
			known = seriesOfErrors
		}
		assert.False(t, g.leaks(known), "%s grow: %s", name, g)
	}
	if r.saturated() == 0 {
		assert.Zero(t, r.late(), "requests with an expired token")
		assert.Zero(t, r.result.ExitCode, r.result.Output)
		assert.Equal(t, "PASS", r.record.Validity.Verdict, "%v", r.record.Validity.Reasons)
	}
	stats := r.server.Stats()
	assert.EqualValues(t, stats.TokenRequests.Total, r.record.Metrics["clientcreds_requests"].All.Sum)
	assert.EqualValues(t, stats.APIRequests.Total, r.record.Metrics["http_reqs"].All.Sum)
	assert.Zero(t, stats.APIRequests.ByResult["no_token"])
	assert.LessOrEqual(t, r.amplification(), 1.1, "token requests for each token")
}

// saturated is how many seconds k6 was at the limit of the machine: then tokens can expire on their way.
func (r *run) saturated() int {
	return int(r.record.Metrics["clientcreds_generator_saturated"].All.Nonzero)
}

func (r *run) late() int { return int(r.record.Metrics["clientcreds_expired_token_uses"].All.Sum) }

// amplification is how many token requests a token costs.
func (r *run) amplification() float64 {
	requests := r.server.Stats().TokenRequests
	return float64(requests.Total) / float64(requests.ByResult["issued"])
}

// document writes the page and its plot.
func document(t *testing.T, all []*run) {
	t.Helper()
	folder := filepath.Join(k6test.Root, "docs", "evidence")
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s with %d virtual users each; %d cores, %s/%s, %s.\n\n", *duration, *users, runtime.NumCPU(),
		runtime.GOOS, runtime.GOARCH, runtime.Version())
	b.WriteString("![The levels over time](soak.svg)\n\n| Level | Run | Median | Growth (95% interval) |\n|---|---|---|---|\n")
	for _, name := range levelNames {
		for _, r := range all {
			g := grew(r.levels[name])
			fmt.Fprintf(&b, "| %s | %s | %.0f | %s |\n", name, r.what, g.level, g)
		}
	}
	b.WriteString("\n| Run | API requests | Token requests | Tokens | Requests per token | Late uses | Seconds at the limit of k6 " +
		"| Verdict |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range all {
		stats := r.server.Stats()
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %.3f | %d | %d | %s |\n", r.what, stats.APIRequests.Total,
			stats.TokenRequests.Total, stats.TokenRequests.ByResult["issued"], r.amplification(), r.late(), r.saturated(),
			strings.Join(append([]string{r.record.Validity.Verdict}, r.record.Rules()...), " "))
	}
	path := filepath.Join(folder, "soak.md")
	const marker = "<!-- make soak writes from here -->\n"
	head, _, found := strings.Cut(k6test.ReadFile(t, path), marker)
	require.True(t, found, "no marker in %s", path)
	require.NoError(t, os.WriteFile(path, []byte(head+marker+b.String()), 0o644))                 // #nosec G306 -- a document
	require.NoError(t, os.WriteFile(filepath.Join(folder, "soak.svg"), []byte(plot(all)), 0o644)) // #nosec G306 -- as above
}
