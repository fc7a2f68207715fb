package tokens

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// TestRepeatedFailuresInTheLog: the log shows a few of the failed iterations, and counts the others. None is lost.
func TestRepeatedFailuresInTheLog(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			r := k6test.Run{Script: k6test.Fixture("many-failures.js"), Env: servers.StartLocal(t, nil).Env(), Args: []string{"--log-format", format}}.Do(t)
			shown := len(regexp.MustCompile(`(?m)^.*"TokenError: invalid_client.*$|^.*msg="TokenError: invalid_client.*$`).FindAllString(r.Output, -1))
			counted := 0
			for _, m := range regexp.MustCompile(`… and (\d+) more: TokenError: invalid_client \(HTTP 401\) at http://`).FindAllStringSubmatch(r.Output, -1) {
				n, err := strconv.Atoi(m[1])
				require.NoError(t, err)
				counted += n
			}
			require.Equal(t, 150, shown+counted, r.Output)
			require.Positive(t, shown)
			require.Less(t, shown, counted, "most are counted")
		})
	}
}
