//go:build unix

package credentials

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The memory of k6 has secrets and tokens. The pages that show it, and what Go writes when k6 crashes, have none.
func TestPagesAndCrashesShowNoSecret(t *testing.T) {
	t.Parallel()
	tokens := new(servers.IssuedTokens)
	server := servers.StartLocal(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = secret.New(servers.RareSecret)
		cfg.Clients = append(cfg.Clients, authserver.Client{ID: "pooled", Secret: secret.New(pooledSecret), Scope: servers.LocalScope})
		cfg.TokenMiddleware = []authserver.Middleware{tokens.Record}
	})
	api := k6test.FreeAddress(t)
	k6 := k6test.Run{
		Script: k6test.Fixture("held-secrets.js"), Env: server.Env("POOL_SECRET=" + pooledSecret),
		Args: []string{"--verbose", "--address", api, "--profiling-enabled"},
	}.Start(t)
	k6test.Eventually(t, func() bool {
		return len(tokens.All()) >= 10 && strings.Contains(k6test.Body(t, "http://"+api+"/v1/metrics"), "clientcreds_requests")
	}, "each of five virtual users has two tokens, and k6 has counted some of them")
	secrets := []string{servers.RareSecret, pooledSecret}

	for page, has := range map[string]string{
		"/debug/pprof/goroutine?debug=2":    "goroutine ",
		"/debug/pprof/heap?debug=1":         "heap profile",
		"/debug/pprof/allocs?debug=1":       "heap profile",
		"/debug/pprof/threadcreate?debug=1": "threadcreate profile",
		"/debug/pprof/cmdline":              "held-secrets.js",
		"/debug/pprof/trace?seconds=0.2":    "go ",
		"/debug/vars/":                      "memstats",
		"/metrics":                          "go_goroutines",
		"/v1/status":                        `"running":true`,
		"/v1/metrics":                       "clientcreds_requests",
		"/v1/groups":                        "data",
		"/v1/setup":                         "data",
	} {
		text := k6test.Body(t, "http://"+api+page)
		require.Contains(t, text, has, page)
		servers.HoldsNone(t, page, text, secrets, tokens.All())
	}

	k6.Signal(t, syscall.SIGQUIT)
	require.Contains(t, k6.Output.String(), "SIGQUIT: quit")
	require.Positive(t, strings.Count(k6.Output.String(), "\ngoroutine "))
	servers.HoldsNone(t, "the dump of a crash", k6.Output.String(), secrets, tokens.All())
}
