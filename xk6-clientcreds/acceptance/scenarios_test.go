package acceptance

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// scenario is a run of a script in scripts/ against the local server, and what has to come of it.
type scenario struct {
	server  func(*authserver.Config)
	env     []string
	during  func(t *testing.T, s *localServer)
	exit    int
	crossed []string // metrics with thresholds that do not hold, at least; none with exit code 0
	lines   []string // of the output, as lineLike has them
	says    string   // anywhere in the output
	saw     func(t *testing.T, stats authserver.Stats, r run)
}

func (c scenario) run(t *testing.T, script string) {
	t.Helper()
	server := startLocalServer(t, c.server)
	test := k6run{script: script, env: server.env(c.env...)}
	process := test.start(t)
	if c.during != nil {
		c.during(t, server)
	}
	r := process.result(t)
	require.Equal(t, c.exit, r.exitCode, r.output)
	if c.exit == 0 {
		r.passes(t)
	}
	if c.exit != exitAborted {
		server.agrees(t, r)
	}
	require.Subset(t, r.crossed(), c.crossed, r.output)
	require.Equal(t, c.exit == 0, len(r.crossed()) == 0, r.output)
	r.shows(t, c.lines...)
	require.Contains(t, r.output, c.says)
	if c.saw != nil {
		c.saw(t, server.Stats(), r)
	}
}

// runScenarios runs a script in all its cases.
func runScenarios(t *testing.T, script string, cases map[string]scenario) {
	t.Helper()
	t.Parallel()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.run(t, script)
		})
	}
}

var notHolding = regexp.MustCompile(`(?m)^ {2}(?:crossed)? +(\S+): .* does not hold`)

// crossed are the metrics with thresholds that do not hold, as the summary of the scenarios shows.
func (r run) crossed() []string {
	var metrics []string
	for _, found := range notHolding.FindAllStringSubmatch(r.unwrapped(), -1) {
		metrics = append(metrics, found[1])
	}
	return metrics
}

// continued is the beginning of a line of a scenario's summary that goes on with the line before.
var continued = regexp.MustCompile(`\n {13}(\S)`)

// unwrapped is the output with the lines of the summary as they were before they were broken at 80 columns.
func (r run) unwrapped() string { return continued.ReplaceAllString(r.output, " $1") }

// shows fails the test unless the output has these lines, as lineLike has them.
func (r run) shows(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		require.Regexp(t, lineLike(line), r.unwrapped())
	}
}

// tokenRequests is how many token requests were sent for that reason, as the summary shows.
func (r run) tokenRequests(reason string) int {
	found := regexp.MustCompile(`(?m)^ {2}tokens .*[(, ]([0-9,]+) ` + reason + `[,)]`).FindStringSubmatch(r.unwrapped())
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
	return n
}

// withFaults is a server that has faults from the start.
func withFaults(document string) func(*authserver.Config) {
	return func(c *authserver.Config) { c.Faults = []byte(document) }
}

// putFaults replaces the faults, as the server's admin endpoint allows.
func (s *localServer) putFaults(t *testing.T, document string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.Endpoints().Admin+"/faults",
		strings.NewReader(document))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}

// onlyGranted fails the test unless every request to the API was granted.
func onlyGranted(t *testing.T, stats authserver.Stats) {
	t.Helper()
	require.Equal(t, map[string]int64{"ok": stats.APIRequests.Total}, stats.APIRequests.ByResult)
}
