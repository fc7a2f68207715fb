package servers

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

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// Hydra is Ory Hydra, with an empty database in memory.
type Hydra struct {
	*k6test.Process

	Issuer, Admin string
	http          *http.Client
}

// HydraSetting changes the configuration of a Hydra.
type HydraSetting func(config map[string]any)

// HydraHashing has Hydra hash secrets in so many rounds of PBKDF2.
func HydraHashing(rounds int) HydraSetting {
	return func(config map[string]any) {
		config["oauth2"] = map[string]any{"hashers": map[string]any{
			"algorithm": "pbkdf2", "pbkdf2": map[string]any{"iterations": rounds},
		}}
	}
}

// StartHydra starts a Hydra at two free ports.
func StartHydra(t *testing.T, c Certificates, settings ...HydraSetting) *Hydra {
	t.Helper()
	publicAddress, adminAddress := k6test.FreeAddress(t), k6test.FreeAddress(t)
	transport := &http.Transport{TLSClientConfig: c.Client()}
	t.Cleanup(transport.CloseIdleConnections)
	h := &Hydra{
		Issuer: "https://" + publicAddress, Admin: "https://" + adminAddress,
		http: &http.Client{Transport: transport},
	}
	type object = map[string]any
	configuration := object{
		"dsn": "memory",
		"serve": object{
			"public": object{"host": "127.0.0.1", "port": portOf(t, publicAddress)},
			"admin":  object{"host": "127.0.0.1", "port": portOf(t, adminAddress)},
			"tls":    object{"enabled": true, "cert": object{"path": c.CertFile}, "key": object{"path": c.KeyFile}},
		},
		"urls":    object{"self": object{"issuer": h.Issuer}},
		"oidc":    object{"dynamic_client_registration": object{"enabled": true}},
		"secrets": object{"system": []string{"0123456789abcdef0123456789abcdef"}},
		"sqa":     object{"opt_out": true},
		"log":     object{"level": "error"},
	}
	for _, set := range settings {
		set(configuration)
	}
	config, err := json.Marshal(configuration)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "hydra.json")
	require.NoError(t, os.WriteFile(file, config, 0o600))
	log := new(k6test.Output)
	bin := k6test.Program(t, "HYDRA_BIN")
	// A path may have commas, which separate files.
	cmd := exec.CommandContext(t.Context(), bin, "serve", "all", "-c", filepath.Base(file)) // #nosec G204 -- of the environment
	cmd.Dir = filepath.Dir(file)
	cmd.Stdout, cmd.Stderr = log, log
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log)
		}
	})
	h.Process = k6test.StartProcess(t, cmd, "HOME="+t.TempDir())
	k6test.Eventually(t, func() bool {
		select {
		case <-h.Done:
			t.Fatalf("Hydra ended at its start: %s", log)
		default:
		}
		resp, err := h.http.Get(h.Admin + "/health/ready")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, "Hydra is ready")
	return h
}

// Register registers a client with Hydra.
func (h *Hydra) Register(t *testing.T, r Registration) Answer {
	t.Helper()
	body, err := json.Marshal(r) // #nosec G117 -- a client of this test
	require.NoError(t, err)
	resp, err := h.http.Post(h.Admin+"/admin/clients", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	var refusal struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&refusal))
	return Answer{resp.StatusCode == http.StatusCreated, resp.StatusCode, refusal.Error, refusal.Description}
}

// Replace changes a client that Hydra knows.
func (h *Hydra) Replace(t *testing.T, r Registration) {
	t.Helper()
	body, err := json.Marshal(r) // #nosec G117 -- a client of this test
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.Admin+"/admin/clients/"+r.ID,
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
