package credentials

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// Nothing is sent to a host that CLIENTCREDS_ALLOW_HOSTS does not list, whatever leads to it: an option, a redirect, or
// a command.
func TestOnlyAllowedHostsAreLoaded(t *testing.T) {
	t.Parallel()
	var loaded atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { loaded.Add(1) }))
	t.Cleanup(elsewhere.Close)
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.APIMiddleware = []authserver.Middleware{func(http.Handler) http.Handler {
			return http.RedirectHandler(other+"/redirected", http.StatusFound)
		}}
	})
	const refused = "CLIENTCREDS_ALLOW_HOSTS does not list "

	script := k6test.Run{Script: "scripts/smoke.test.js", Env: server.Env("CLIENTCREDS_ALLOW_HOSTS=idp.example")}
	r := script.Do(t)
	assert.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	assert.Contains(t, r.Output, "TOKEN_URL is refused: "+refused+`127.0.0.1:`)

	script.Env, script.Args = server.Env(), []string{"-e", "CLIENTCREDS_ALLOW_HOSTS=idp.example"}
	assert.Contains(t, script.Do(t).Output, refused+"127.0.0.1:")

	// #nosec G204 -- the binary under test
	doctor := exec.CommandContext(t.Context(), k6test.Binary(t), "x", "clientcreds", "doctor")
	doctor.Env = append(doctor.Environ(), "CLIENTCREDS_ALLOW_HOSTS=idp.example")
	for name, value := range server.Env() {
		doctor.Env = append(doctor.Env, name+"="+value)
	}
	output, err := doctor.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(output), " is refused: "+refused+"127.0.0.1:")
	assert.Zero(t, server.Stats().TokenRequests.Total, "so far nothing was sent")

	r = k6test.Run{
		Code: `import { Client } from 'k6/x/clientcreds';
import { check } from 'k6';
const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET });
export default function () {
	const named = client.get(__ENV.OTHER), redirected = client.get(__ENV.API_URL);
	check(0, {
		named: () => named.status === 0 && named.error.includes('` + refused + `localhost:'),
		redirected: () => redirected.status === 0 && redirected.error.includes('` + refused + `localhost:'),
	});
}`,
		Env: server.Env("CLIENTCREDS_ALLOW_HOSTS=127.0.0.1", "OTHER="+other),
	}.Do(t)
	assert.InDelta(t, 2, r.Summary.Value("checks", "passes"), 0, r.Output)
	assert.Zero(t, loaded.Load())
	assert.Contains(t, r.Output, "INVALID")
}
