package acceptance

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// startZitadel starts the provider of testdata/zitadel and returns its issuer.
func startZitadel(t *testing.T, c certificates, clients []registration) string {
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
	cmd := exec.CommandContext(t.Context(), counterpartBinary(t, "ZITADEL_BIN")) // #nosec G204 -- the server that the environment names
	return startAnnounced(t, cmd, func([]byte) {},
		"CERT="+c.certFile, "KEY="+c.keyFile, "CLIENTS="+string(all), "JWT_CLIENTS="+string(some)).address
}
