package acceptance

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// hydra is Ory Hydra, with an empty database in memory.
type hydra struct {
	*process

	issuer, admin string
	http          *http.Client
}

// startHydra starts a Hydra at two free ports.
func startHydra(t *testing.T, c certificates) *hydra {
	t.Helper()
	publicAddress, adminAddress := freeAddress(t), freeAddress(t)
	transport := &http.Transport{TLSClientConfig: c.client()}
	t.Cleanup(transport.CloseIdleConnections)
	h := &hydra{
		issuer: "https://" + publicAddress, admin: "https://" + adminAddress,
		http: &http.Client{Transport: transport},
	}
	type object map[string]any
	config, err := json.Marshal(object{
		"dsn": "memory",
		"serve": object{
			"public": object{"host": "127.0.0.1", "port": portOf(t, publicAddress)},
			"admin":  object{"host": "127.0.0.1", "port": portOf(t, adminAddress)},
			"tls":    object{"enabled": true, "cert": object{"path": c.certFile}, "key": object{"path": c.keyFile}},
		},
		"urls":    object{"self": object{"issuer": h.issuer}},
		"secrets": object{"system": []string{"0123456789abcdef0123456789abcdef"}},
		"sqa":     object{"opt_out": true},
		"log":     object{"level": "error"},
	})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "hydra.json")
	require.NoError(t, os.WriteFile(file, config, 0o600))
	log := new(output)
	bin := counterpartBinary(t, "HYDRA_BIN")
	cmd := exec.CommandContext(t.Context(), bin, "serve", "all", "-c", file) // #nosec G204 -- the server that the environment names
	cmd.Stdout, cmd.Stderr = log, log
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log)
		}
	})
	h.process = start(t, cmd, "HOME="+t.TempDir())
	eventually(t, func() bool {
		select {
		case <-h.done:
			t.Fatalf("Hydra ended at its start: %s", log)
		default:
		}
		resp, err := h.http.Get(h.admin + "/health/ready")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, "Hydra is ready")
	return h
}

// register registers a client with Hydra.
func (h *hydra) register(t *testing.T, r registration) serverAnswer {
	t.Helper()
	body, err := json.Marshal(r) // #nosec G117 -- a client of this test
	require.NoError(t, err)
	resp, err := h.http.Post(h.admin+"/admin/clients", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	var refusal struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&refusal))
	return serverAnswer{resp.StatusCode == http.StatusCreated, resp.StatusCode, refusal.Error, refusal.Description}
}

// replace changes a client that Hydra knows.
func (h *hydra) replace(t *testing.T, r registration) {
	t.Helper()
	body, err := json.Marshal(r) // #nosec G117 -- a client of this test
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.admin+"/admin/clients/"+r.ID,
		bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.http.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	return port
}

// counterpartBinary returns the path that an environment variable has.
func counterpartBinary(t *testing.T, variable string) string {
	t.Helper()
	bin := os.Getenv(variable)
	require.NotEmpty(t, bin, "%s must be set; `make test-interop` builds the server and sets it", variable)
	return bin
}
