package commands

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// What can be combined works together: every kind of authentication with a token exchange, with DPoP and its nonces,
// and with both.
func TestCombinations(t *testing.T) {
	t.Parallel()
	const exchange, dpop = `"exchange": {"scope": "orders.read"}`, `"dpop": true`
	for _, auth := range []string{
		"client_secret_jwt", "private_key_jwt", "tls_client_auth",
		"self_signed_tls_client_auth",
	} {
		for name, c := range map[string]struct{ more, nonce string }{
			"exchange":          {`{` + exchange + `}`, ""},
			"exchange and DPoP": {`{` + exchange + `, ` + dpop + `, "cache": {"scope": "shared"}}`, "--dpop-nonce"},
			"DPoP":              {`{` + dpop + `}`, "--dpop-nonce"},
		} {
			t.Run(auth+" with "+name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				flags := []string{"--token-format", "jwt", "--tls-dir", dir}
				switch auth {
				case "private_key_jwt":
					flags = append(flags, "--client-key", filepath.Join(dir, "client.pem"))
				case "tls_client_auth", "self_signed_tls_client_auth":
					flags = append(flags, "--client-certificate", filepath.Join(dir, "client.pem"))
				}
				if c.nonce != "" {
					flags = append(flags, c.nonce)
				}
				s := k6test.Serve(t, []string{"AUTH=" + auth, "MORE=" + c.more}, append(flags, "--", k6test.Binary(t), "run",
					k6test.Fixture("combined.js"))...)
				require.Zero(t, s.Wait(t), s.Output)
				require.NotContains(t, s.Output.String(), "level=warning")
			})
		}
	}
}
