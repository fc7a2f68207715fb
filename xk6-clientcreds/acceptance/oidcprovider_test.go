package acceptance

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
	"time"

	"github.com/stretchr/testify/require"
)

// nodeModules is where the packages of tools/npm are installed.
const nodeModules = "../../tools/npm/node_modules"

// oidcProvider is npm's certified OpenID provider, as testdata/oidc-provider configures it.
type oidcProvider struct {
	*announced

	issuer string

	mu       sync.Mutex
	requests []tokenRequest
}

// tokenRequest is a token request as the provider saw it.
type tokenRequest struct {
	At     int64  `json:"at"` // milliseconds since the epoch
	Client string `json:"client"`
	Status int    `json:"status"`
	Error  string `json:"error"`
}

// startOIDCProvider starts the provider at a free port, or at the one that env sets as PORT.
func startOIDCProvider(t *testing.T, c certificates, env ...string) *oidcProvider {
	t.Helper()
	node, err := exec.LookPath("node")
	require.NoError(t, err, "Node.js runs the OpenID provider of this test; install Node.js 20 or later")
	modules, err := filepath.Abs(nodeModules)
	require.NoError(t, err)
	require.DirExists(t, filepath.Join(modules, "oidc-provider"), "`npm ci` in tools/npm installs it; `make test` does so")
	cmd := exec.CommandContext(t.Context(), node, "testdata/oidc-provider/server.mjs") // #nosec G204 -- found in PATH
	p := new(oidcProvider)
	p.announced = startAnnounced(t, cmd, p.note,
		append(env, "NODE_MODULES="+modules, "CERT="+c.certFile, "KEY="+c.keyFile, "NODE_NO_WARNINGS=1")...)
	p.issuer = p.address
	return p
}

// note takes a line that the provider wrote.
func (p *oidcProvider) note(line []byte) {
	var request tokenRequest
	if json.Unmarshal(line, &request) != nil {
		return // one of oidc-provider's own notices
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, request)
}

// seen returns the token requests answered so far.
func (p *oidcProvider) seen() []tokenRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[:len(p.requests):len(p.requests)]
}

// stop lets the provider finish and returns every token request that it answered.
func (p *oidcProvider) stop(t *testing.T) []tokenRequest {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	<-p.read
	return p.seen()
}

// kill ends the provider at once.
func (p *oidcProvider) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	<-p.read
}

// port is for another provider at the same place.
func (p *oidcProvider) port() string { return p.issuer[strings.LastIndexByte(p.issuer, ':')+1:] }

// refused returns the requests that were not answered with a token.
func refused(requests []tokenRequest) []tokenRequest {
	return slices.DeleteFunc(slices.Clone(requests), func(r tokenRequest) bool { return r.Status == http.StatusOK })
}

// soon is how long a condition that is already on its way may take.
const soon = 30 * time.Second

// eventually waits for a condition.
func eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, soon, 5*time.Millisecond, what)
}
