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
	doctor = exec.CommandContext(t.Context(), k6test.Binary(t), "x", "clientcreds", "doctor") // #nosec G204 -- the same
	doctor.Env = append(doctor.Environ(), "CLIENTCREDS_ALLOW_HOSTS=")
	output, err = doctor.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(output), "CLIENTCREDS_ALLOW_HOSTS contains no host")
	assert.Zero(t, server.Stats().TokenRequests.Total, "so far nothing was sent")

	const client = `import { Client } from 'k6/x/clientcreds';
const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET });
export const options = { vus: 2, duration: '30s' };
`
	for _, code := range []string{
		"export default function () { client.get(__ENV.OTHER) }",
		"export default function () { client.get(__ENV.API_URL) }", // redirects to OTHER
		"export default async function () { await client.asyncRequest('GET', __ENV.OTHER) }",
		"export function setup() { client.get(__ENV.OTHER) }\nexport default function () {}",
	} {
		env := server.Env("CLIENTCREDS_ALLOW_HOSTS=127.0.0.1", "OTHER="+other)
		r := k6test.Run{Code: client + code, Env: env}.Do(t)
		assert.Equal(t, k6test.ExitAborted, r.ExitCode, r.Output)
		assert.Contains(t, r.Output, "test aborted: host_not_allowed: "+refused+"localhost:", code)
		assert.Contains(t, r.Output, "The run is INVALID: ", code)
	}
	assert.Zero(t, loaded.Load())
}
