package servers

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// StartZitadel starts the provider of testdata/zitadel and returns its issuer.
func StartZitadel(t *testing.T, c Certificates, clients []Registration) string {
	t.Helper()
	secrets, jwt := make(map[string]string), []string{}
	for _, r := range clients {
		if r.Secret == "" {
			continue // it takes nothing but secrets for this grant
		}
		secrets[r.ID] = r.Secret
		if r.TokenFormat == "jwt" {
			jwt = append(jwt, r.ID)
		}
	}
	all, err := json.Marshal(secrets)
	require.NoError(t, err)
	some, err := json.Marshal(jwt)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), k6test.Program(t, "ZITADEL_BIN")) // #nosec G204 -- the server that the environment names
	return startAnnounced(t, cmd, func([]byte) {},
		"CERT="+c.CertFile, "KEY="+c.KeyFile, "CLIENTS="+string(all), "JWT_CLIENTS="+string(some)).address
}
