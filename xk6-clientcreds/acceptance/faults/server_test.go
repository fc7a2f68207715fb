//go:build linux

package faults

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

const (
	secret   = "secret-of-the-suite"
	lifetime = 3 * time.Second
	// The API takes a token for longer: whether one was late is for the wire to say, which knows how long the
	// machine stood still.
	laxAPI = `{"clock_skew": {"api": "-20s"}}`
)

// server is the local server as a process of its own, which can be killed.
type server struct {
	k6test.Served

	address string
}

// start starts the server at its address, the same before and after a fault.
func (s *server) start(t *testing.T) {
	t.Helper()
	args := []string{"--addr", s.address, "--ttl", lifetime.String(), "--faults", laxAPI}
	for _, client := range []string{"vu_background", "vu_blocking", "shared_background", "shared_blocking"} {
		args = append(args, "--client", client)
	}
	s.Served = k6test.Serve(t, []string{"CLIENT_SECRET=" + secret}, args...)
	k6test.Eventually(t, func() bool { return k6test.Body(t, "http://"+s.address+"/health") != "" }, "the server serves")
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
