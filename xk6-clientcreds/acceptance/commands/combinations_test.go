package commands

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// combined does with one client everything that takes a token.
const combined = `
	import { check } from 'k6';
	import { Client } from 'k6/x/clientcreds';
	const { AUTH: auth, CLIENT_KEY_FILE, CLIENT_CERTIFICATE_FILE, API_URL } = __ENV;
	const described = { issuer: __ENV.ISSUER, clientId: __ENV.CLIENT_ID, auth, ...JSON.parse(__ENV.MORE) };
	if (CLIENT_KEY_FILE) described.key = { file: CLIENT_KEY_FILE };
	if (CLIENT_CERTIFICATE_FILE) described.certificate = { file: CLIENT_CERTIFICATE_FILE };
	if (!CLIENT_KEY_FILE) described.clientSecret = { env: 'CLIENT_SECRET' };
	const client = new Client(described);
	export const options = { vus: 1, iterations: 2, thresholds: { checks: ['rate==1'], clientcreds_request_failed: ['rate==0'] } };
	const ok = (r) => r.status === 200;
	export default function () {
		check(client.acquire(), { acquire: (r) => r.ok && r.tokenType === (described.dpop ? 'DPoP' : 'Bearer') });
		check(client.get(API_URL), { get: ok });
		check(client.batch([['GET', API_URL], ['POST', API_URL, 'x=1']]), { batch: (list) => list.every(ok) });
		check(client.introspect(), { introspect: (r) => r.active });
		check(client.inspect(), { inspect: (r) => r.valid === true });
		check(client.revoke(), { revoke: (r) => r.ok });
		check(client.get(API_URL), { 'get with a new token': ok });
	}`

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
				script := filepath.Join(dir, "combined.js")
				require.NoError(t, os.WriteFile(script, []byte(combined), 0o600))
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
				s := k6test.Serve(t, []string{"AUTH=" + auth, "MORE=" + c.more}, append(flags, "--", k6test.Binary(t), "run", script)...)
				require.Zero(t, s.Wait(t), s.Output)
				require.NotContains(t, s.Output.String(), "level=warning")
			})
		}
	}
}
