package regression

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// TestSequentialRegression: the gate does not fail if nothing has changed, and fails if the server has become slower by
// 15%. Runs are few and short, and the server is so slow that a busy machine does not matter.
func TestSequentialRegression(t *testing.T) {
	t.Parallel()
	const latency = 200
	for _, c := range []struct {
		head    int
		verdict string
		outcome string
	}{{latency, "PASS", "within"}, {latency * 1.15, "FAIL", "broken"}} {
		t.Run(c.verdict, func(t *testing.T) {
			t.Parallel()
			serve := func(token int) string {
				return fmt.Sprintf(`--faults {"token":{"latency":"%dms"},"api":{"latency":"%dms"}}`, token, latency)
			}
			r := regress(t, append(k6test.BusyMachine, "RUNS=4", "RATE=20", "API_RATE=20", "DURATION=2s",
				"BASE_SERVE="+serve(latency), "HEAD_SERVE="+serve(c.head))...)
			require.Equal(t, c.verdict, r.Verdict, r.output)
			require.Equal(t, c.outcome, r.finding(t, provenRule).Outcome)
		})
	}
}
