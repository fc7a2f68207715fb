package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// scenario is a run of a script in scripts/ against the local server, and what has to come of it.
type scenario struct {
	server  func(*authserver.Config)
	env     []string
	during  func(t *testing.T, s *servers.Local)
	exit    int
	crossed []string // metrics with thresholds that do not hold, at least; none with exit code 0
	lines   []string // of the output, as Shows takes them
	says    string   // anywhere in the output
	saw     func(t *testing.T, stats authserver.Stats, r k6test.Result)
}

func (c scenario) run(t *testing.T, script string) {
	t.Helper()
	server := servers.StartLocal(t, c.server)
	test := k6test.Run{Script: script, Env: server.Env(c.env...)}
	process := test.Start(t)
	if c.during != nil {
		c.during(t, server)
	}
	r := process.Result(t)
	require.Equal(t, c.exit, r.ExitCode, r.Output)
	if c.exit == 0 {
		r.Passes(t)
	}
	if c.exit != k6test.ExitAborted {
		server.Agrees(t, r)
	}
	require.Subset(t, r.Crossed(), c.crossed, r.Output)
	require.Equal(t, c.exit == 0, len(r.Crossed()) == 0, r.Output)
	r.Shows(t, c.lines...)
	require.Contains(t, r.Output, c.says)
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

// onlyGranted fails the test unless every request to the API was granted.
func onlyGranted(t *testing.T, stats authserver.Stats) {
	t.Helper()
	require.Equal(t, map[string]int64{"ok": stats.APIRequests.Total}, stats.APIRequests.ByResult)
}
