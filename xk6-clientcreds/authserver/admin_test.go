package authserver

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// admin makes a request to the admin endpoint.
func admin(method, path, body string) request {
	return request{
		method: method, url: "/admin" + path, body: body,
		header: http.Header{"Content-Type": {"application/json"}},
	}
}

// put puts a document of faults in force.
func put(t *testing.T, h http.Handler, document string) {
	t.Helper()
	got := admin(http.MethodPut, "/faults", document).ask(t, h)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.JSONEq(t, document, got.body)
}

func TestAdminFaults(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{})
	require.True(t, strings.HasSuffix(s.Endpoints().Admin, "/admin"))
	require.JSONEq(t, `{}`, admin(http.MethodGet, "/faults", "").ask(t, h).body)
	put(t, h, `{"token": {"errors": [{"status": 502}]}, "ttl": "7s"}`)
	require.Equal(t, http.StatusBadGateway, post("/token", demo, clientCredentials).ask(t, h).status)

	bad := admin(http.MethodPut, "/faults", `{"token": {"errors": [{"status": 99}]}}`).ask(t, h)
	require.Equal(t, http.StatusBadRequest, bad.status)
	require.Equal(t, "invalid_request", bad.member(t, "error"))
	require.Equal(t, "token.errors[0].status is 99; it must be a number from 200 to 599", bad.member(t, "error_description"))

	patched := admin(http.MethodPatch, "/faults", `{"token": null}`).ask(t, h)
	require.Equal(t, http.StatusOK, patched.status)
	require.JSONEq(t, `{"ttl": "7s"}`, patched.body)
	require.JSONEq(t, `{"ttl": "7s"}`, admin(http.MethodGet, "/faults", "").ask(t, h).body)
	require.Equal(t, http.StatusOK, post("/token", demo, clientCredentials).ask(t, h).status)

	require.Equal(t, http.StatusNoContent, admin(http.MethodDelete, "/faults", "").ask(t, h).status)
	require.JSONEq(t, `{}`, admin(http.MethodGet, "/faults", "").ask(t, h).body)
	require.Equal(t, get("/stats", "").ask(t, h).member(t, "started_at"),
		admin(http.MethodGet, "/stats", "").ask(t, h).member(t, "started_at"))
}

func TestBadAdminRequests(t *testing.T) {
	t.Parallel()
	_, h := offline(t, Config{})
	for _, tt := range []struct {
		method, path, body string
		status             int
		problem            string
	}{
		{http.MethodPost, "/faults", "{}", http.StatusMethodNotAllowed, ""},
		{http.MethodGet, "/nosuch", "", http.StatusNotFound, ""},
		{
			http.MethodPut, "/faults", `"` + strings.Repeat("x", maxAdminBody) + `"`, http.StatusRequestEntityTooLarge,
			"the body has more than 65536 bytes",
		},
		{http.MethodPut, "/faults", "", http.StatusBadRequest, "the document is not JSON (EOF); it must be a JSON object"},
		{
			http.MethodPost, "/revocations", `{"shrae": 1}`, http.StatusBadRequest,
			"the body must be one JSON object, with no other members than client, share",
		},
		{
			http.MethodPost, "/revocations", `{} {}`, http.StatusBadRequest,
			"the body must be one JSON object, with no other members than client, share",
		},
		{
			http.MethodPost, "/revocations", `{"share": 0}`, http.StatusBadRequest,
			"share is 0; it must be a number above 0, at most 1",
		},
		{
			http.MethodPost, "/revocations", `{"share": 1.5}`, http.StatusBadRequest,
			"share is 1.5; it must be a number above 0, at most 1",
		},
		{http.MethodPost, "/revocations", `{"client": "nobody"}`, http.StatusNotFound, `client: "nobody" is not registered`},
		{
			http.MethodPost, "/nonces", `{"all": true}`, http.StatusBadRequest,
			"the body must be empty, or an empty JSON object",
		},
		{http.MethodPost, "/keys", "", http.StatusConflict, "tokens are opaque: no key signs them"},
		{
			http.MethodPost, "/keys", `{"overlap": "soon"}`, http.StatusBadRequest,
			`overlap is "soon"; it must be a duration such as "30s"`,
		},
		{http.MethodPost, "/clients/nobody/secret", "", http.StatusNotFound, `client "nobody" is not registered`},
		{
			http.MethodPost, "/clients/demo/secret", `{"grace": "-1s"}`, http.StatusBadRequest,
			`grace is "-1s"; it must be a duration such as "30s"`,
		},
		{
			http.MethodPost, "/clients/demo/secret", `{"secret": "line\n"}`, http.StatusBadRequest,
			`the secret of client "demo" has characters other than printable ASCII`,
		},
		{
			http.MethodPost, "/clients/demo/secret", `{"secret": ["hush"]}`, http.StatusBadRequest,
			"the body must be one JSON object, with no other members than secret, grace",
		},
	} {
		t.Run(tt.method+tt.path+tt.problem, func(t *testing.T) {
			t.Parallel()
			got := admin(tt.method, tt.path, tt.body).ask(t, h)
			require.Equal(t, tt.status, got.status, got.body)
			if tt.problem != "" {
				require.Equal(t, tt.problem, got.member(t, "error_description"))
			}
		})
	}
}

// TestAdminAccess holds that a server that others can reach has no admin endpoint unless it is asked for, and that the
// page of another site cannot use a browser to reach it.
func TestAdminAccess(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for name, tt := range map[string]struct {
		cfg  Config
		open bool
	}{
		"loopback": {Config{Addr: "127.0.0.1:0"}, true},
		"off":      {Config{Addr: "127.0.0.1:0", Admin: AdminOff}, false},
		"all":      {Config{Addr: "0.0.0.0:0"}, false},
		"on":       {Config{Addr: "0.0.0.0:0", Admin: AdminOn}, true},
		"own API":  {Config{Addr: "127.0.0.1:0", APIAddr: "127.0.0.1:0"}, true},
	} {
		e := start(t, tt.cfg).Endpoints()
		require.Equal(t, tt.open, e.Admin != "", name)
		url := strings.TrimSuffix(e.Stats, statsPath) + adminPath + "/faults"
		want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[tt.open]
		require.Equal(t, want, get(url, "").send(t, client).status, name)
		if tt.cfg.APIAddr != "" {
			require.Equal(t, http.StatusNotFound, get(strings.TrimSuffix(e.API, "/api/")+"/admin/faults", "").send(t,
				client).status)
		}
	}
	_, h := offline(t, Config{})
	command := admin(http.MethodPost, "/revocations", "")
	command.header.Set("Origin", "https://evil.example")
	require.Equal(t, http.StatusForbidden, command.ask(t, h).status)
}
