package jsmodule

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pool is code that makes a pool of clients of the endpoint, with more options in JavaScript.
func (e *endpoint) pool(clients, more string) string {
	return fmt.Sprintf(`globalThis.pool = new ClientPool({tokenUrl: %q, clients: %s, %s});`, e.URL+"/token", clients, more)
}

// several are n clients as an array in JavaScript.
func several(n int) string {
	return fmt.Sprintf(`Array.from({length: %d}, (_, i) => ({clientId: 'client-' + i, clientSecret: %q + i}))`, n, testSecret)
}

// poolVU is a VU of that number in the test after its init code.
func poolVU(t testing.TB, root *RootModule, number uint64, code string) *vu {
	t.Helper()
	v := newVU(t, root)
	v.mustRun(code)
	v.state.VUIDGlobal = number
	v.start()
	return v
}

func fileWith(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func fileOption(path string) string { return fmt.Sprintf(`{file: %q}`, path) }

// Every way to give clients comes to the same.
func TestPoolClientsAreThoseGiven(t *testing.T) {
	t.Parallel()
	const object = `{"clientId":"a","clientSecret":"secret-of-a","scope":"x y"}, {"client_id":"b","client_secret":"secret-of-b","grant_types":["client_credentials"]}`
	for name, clients := range map[string]string{
		"array": `[` + object + `]`,
		"CSV": fileOption(fileWith(t, "clients.csv",
			"\ufeffclientId, client_secret,scope\r\na,secret-of-a,\"x y\"\r\n\r\nb,secret-of-b,\r\n")),
		"JSON": fileOption(fileWith(t, "clients.JSON", " [\n"+object+" ]\n")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			v := poolVU(t, New(), 1, e.pool(clients, "assignment: 'round-robin', scope: 'default'"))
			assert.EqualValues(t, 2, v.mustRun(`pool.size`))
			v.mustRun(`pool.client().token(); pool.client().token(); pool.client().token()`)
			require.Equal(t, 2, e.count(), "the third call got the first client, whose token is in the cache")
			assert.Equal(t, basicAuth("a", "secret-of-a"), e.headers[0].Get("Authorization"))
			assert.Equal(t, "x y", e.forms[0].Get("scope"))
			assert.Equal(t, basicAuth("b", "secret-of-b"), e.headers[1].Get("Authorization"))
			assert.Equal(t, "default", e.forms[1].Get("scope"))
		})
	}
}
