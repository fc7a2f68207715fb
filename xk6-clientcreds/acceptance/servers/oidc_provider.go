package servers

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// nodeModules is where the packages of tools/npm are installed.
const nodeModules = k6test.Root + "/tools/npm/node_modules"

// OIDCProvider is npm's certified OpenID provider, as testdata/oidc-provider configures it.
type OIDCProvider struct {
	*announced

	Issuer string

	mu       sync.Mutex
	requests []TokenRequest
}

// TokenRequest is a token request as the provider saw it.
type TokenRequest struct {
	At     int64  `json:"at"` // milliseconds since the epoch
	Client string `json:"client"`
	Status int    `json:"status"`
	Error  string `json:"error"`
}

// StartOIDCProvider starts the provider at a free port, or at the one that env sets as PORT.
func StartOIDCProvider(t *testing.T, c Certificates, env ...string) *OIDCProvider {
	t.Helper()
	node, err := exec.LookPath("node")
	require.NoError(t, err, "Node.js runs the OpenID provider of this test; install Node.js 20 or later")
	modules, err := filepath.Abs(nodeModules)
	require.NoError(t, err)
	require.DirExists(t, filepath.Join(modules, "oidc-provider"), "`npm ci` in tools/npm installs it; `make test` does so")
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(k6test.Root, "xk6-clientcreds/acceptance/servers/testdata/oidc-provider/server.mjs")) // #nosec G204 -- found in PATH
	p := new(OIDCProvider)
	p.announced = startAnnounced(t, cmd, p.note,
		append(env, "NODE_MODULES="+modules, "CERT="+c.CertFile, "KEY="+c.KeyFile, "NODE_NO_WARNINGS=1")...)
	p.Issuer = p.address
	return p
}

// note takes a line that the provider wrote.
func (p *OIDCProvider) note(line []byte) {
	var request TokenRequest
	if json.Unmarshal(line, &request) != nil {
		return // one of oidc-provider's own notices
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, request)
}

// Seen returns the token requests answered so far.
func (p *OIDCProvider) Seen() []TokenRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[:len(p.requests):len(p.requests)]
}

// Stop lets the provider finish and returns every token request that it answered.
func (p *OIDCProvider) Stop(t *testing.T) []TokenRequest {
	t.Helper()
	p.Signal(t, syscall.SIGTERM)
	<-p.read
	return p.Seen()
}

// Kill ends the provider at once.
func (p *OIDCProvider) Kill(t *testing.T) {
	t.Helper()
	p.Signal(t, syscall.SIGKILL)
	<-p.read
}

// Port is for another provider at the same place.
func (p *OIDCProvider) Port() string { return p.Issuer[strings.LastIndexByte(p.Issuer, ':')+1:] }

// Refused returns the requests that were not answered with a token.
func Refused(requests []TokenRequest) []TokenRequest {
	return slices.DeleteFunc(slices.Clone(requests), func(r TokenRequest) bool { return r.Status == http.StatusOK })
}
