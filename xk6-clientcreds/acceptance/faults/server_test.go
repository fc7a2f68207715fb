//go:build linux

package faults

import (
	"encoding/json"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

const (
	secret   = "secret-of-the-suite"
	lifetime = 3 * time.Second
	// The API takes a token for longer: whether one was late is for the wire to say, which knows how long the
	// machine stood still.
	laxAPI = `{"clock_skew": {"api": "-20s"}}`
)

// clients are the identifiers of the clients: one for each kind of cache.
var clients = []string{"vu_background", "vu_blocking", "shared_background", "shared_blocking"}

// server is the authorization server as a process of its own, which can be killed: the local server, or Ory Hydra.
type server struct {
	k6test.Served

	address string // of the local server
	hydra   *hydra // nil for the local server
}

// hydra is where Ory Hydra issues tokens. It has a new address, and no client, whenever it starts.
type hydra struct {
	certificates servers.Certificates
	tokenURL     atomic.Pointer[url.URL]
	transport    *http.Transport
}

func newHydra(t *testing.T) *hydra {
	t.Helper()
	h := &hydra{certificates: servers.NewCertificates(t)}
	h.transport = &http.Transport{TLSClientConfig: h.certificates.Client(), MaxIdleConnsPerHost: 256}
	t.Cleanup(h.transport.CloseIdleConnections)
	return h
}

// start starts the server: the local one at its address, the same before and after a fault.
func (s *server) start(t *testing.T) {
	t.Helper()
	if s.hydra != nil {
		s.startHydra(t)
		return
	}
	args := []string{"--addr", s.address, "--ttl", lifetime.String(), "--faults", laxAPI}
	for _, client := range clients {
		args = append(args, "--client", client)
	}
	s.Served = k6test.Serve(t, []string{"CLIENT_SECRET=" + secret}, args...)
	k6test.Eventually(t, func() bool { return k6test.Body(t, "http://"+s.address+"/health") != "" }, "the server serves")
}

func (s *server) startHydra(t *testing.T) {
	t.Helper()
	// Few rounds: what is tested is an outage, not how fast Hydra checks secrets.
	h := servers.StartHydra(t, s.hydra.certificates, servers.HydraHashing(1000), func(config map[string]any) {
		config["ttl"] = map[string]any{"access_token": lifetime.String()}
	})
	for _, client := range clients {
		answer := h.Register(t, servers.Registration{
			ID: client, Secret: secret, GrantTypes: []string{"client_credentials"}, AuthMethod: "client_secret_basic",
		})
		require.True(t, answer.OK, "%s", answer)
	}
	s.Process = h.Process
	tokenURL, err := url.Parse(h.Issuer + "/oauth2/token")
	require.NoError(t, err)
	s.hydra.tokenURL.Store(tokenURL)
}

// counts returns how many requests the server itself has counted.
func (s *server) counts(t *testing.T) map[string]int {
	t.Helper()
	var stats struct {
		Token struct{ Total int } `json:"token_requests"`
		API   struct{ Total int } `json:"api_requests"`
	}
	require.NoError(t, json.Unmarshal([]byte(k6test.Body(t, "http://"+s.address+"/stats")), &stats))
	return map[string]int{"token": stats.Token.Total, "api": stats.API.Total}
}
