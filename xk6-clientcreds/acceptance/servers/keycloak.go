package servers

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// The realm of deploy/keycloak, and its first client with the defaults of docker-compose.yml.
const (
	keycloakRealm  = "load-test"
	KeycloakID     = "demo"
	KeycloakSecret = "only-for-the-local-demo" // #nosec G101 -- of a realm on this machine
)

// longestKeycloakStart is long, because the JVM of a busy machine needs minutes.
const longestKeycloakStart = 8 * time.Minute

// Keycloak is a Keycloak in production mode, over HTTPS, with the realm of deploy/keycloak. It keeps its database and
// its address when it is started again. Its start takes too long to be repeated for each test, so it does not end with
// the test: Kill ends it.
type Keycloak struct {
	Issuer, Token string // of the realm
	Metrics       string // URL of the metrics
	base, admin   string
	certs         Certificates
	home, address string
	java          string // options of the JVM
	http          *http.Client
	adminTokens   atomic.Int64 // since the start
	cmd           *exec.Cmd
	done          chan struct{}
	log           *k6test.Output
}

// StartKeycloak starts a Keycloak whose files are below home, for tests.
func StartKeycloak(t *testing.T, home string, c Certificates) *Keycloak {
	t.Helper()
	// Compiling well takes longer than it saves in a test.
	return StartKeycloakWith(t, home, c, "-XX:TieredStopAtLevel=1")
}

// StartKeycloakWith starts a Keycloak with options of the JVM.
func StartKeycloakWith(t *testing.T, home string, c Certificates, java string) *Keycloak {
	t.Helper()
	k := &Keycloak{
		certs: c, home: home, address: k6test.FreeAddress(t), java: java,
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: c.Client(), DisableKeepAlives: true}},
	}
	k.base = "https://" + k.address
	k.Issuer = k.base + "/realms/" + keycloakRealm
	k.Token = k.Issuer + "/protocol/openid-connect/token"
	k.admin = k.base + "/admin/realms/" + keycloakRealm
	k.Start(t)
	return k
}

// Start starts Keycloak at the same place, and waits until it is ready.
func (k *Keycloak) Start(t *testing.T) {
	t.Helper()
	script, err := filepath.Abs(filepath.Join(k6test.Root, "tools/keycloak/start.sh"))
	require.NoError(t, err)
	_, port, _ := strings.Cut(k.address, ":")
	_, management, _ := strings.Cut(k6test.FreeAddress(t), ":")
	k.Metrics = "https://127.0.0.1:" + management + "/metrics"
	k.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), script, k.home, // #nosec G204 -- of the project
		"start", "--optimized",
		"--hostname="+k.base, "--http-host=127.0.0.1", "--https-port="+port, "--http-management-port="+management,
		"--https-certificate-file="+k.certs.CertFile, "--https-certificate-key-file="+k.certs.KeyFile,
		"--truststore-paths="+k.certs.CAFile, "--log-level=warn")
	k.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "JAVA_HOME=" + os.Getenv("JAVA_HOME"),
		"KEYCLOAK_HOME=" + k6test.Program(t, "KEYCLOAK_HOME"),
		"JAVA_OPTS_APPEND=" + k.java,
	}
	k.adminTokens.Store(0)
	k.log = new(k6test.Output)
	k.cmd.Stdout, k.cmd.Stderr = k.log, k.log
	// kc.sh is the parent of the JVM: signals go to both.
	ownGroup(k.cmd)
	require.NoError(t, k.cmd.Start())
	done := make(chan struct{})
	k.done = done
	go func() {
		_ = k.cmd.Wait()
		close(done)
	}()
	require.Eventually(t, func() bool {
		select {
		case <-done:
			return true
		default:
		}
		resp, err := k.http.Get(k.Issuer + "/.well-known/openid-configuration")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, longestKeycloakStart, 200*time.Millisecond, k.log)
	select {
	case <-done:
		t.Fatalf("Keycloak ended at its start: %s", k.log)
	default:
	}
	k.adminToken(t) // the first token takes long
}

// Pause stops Keycloak until Resume, as a machine without CPU does.
func (k *Keycloak) Pause() error { return pauseGroup(k.cmd) }

// Resume lets Keycloak go on.
func (k *Keycloak) Resume() error { return resumeGroup(k.cmd) }

// Stop ends Keycloak as an administrator does.
func (k *Keycloak) Stop(t *testing.T) {
	t.Helper()
	require.NoError(t, endGroup(k.cmd))
	<-k.done
}

// Kill ends Keycloak at once.
func (k *Keycloak) Kill() {
	_ = killGroup(k.cmd)
	<-k.done
}
