package interop

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// Every server of the matrix, by methods that it has and by those that it has not: exit code, verdict and
// checks say the same, and what fails comes with what to do.
func TestDoctorExaminesTheServersOfTheMatrix(t *testing.T) {
	t.Parallel()
	certs := sharedCertificates(t)
	methods := []struct {
		client     servers.Registration
		env        []string
		everywhere bool // whether each of the servers takes it
	}{
		{servers.Registration{ID: "doctor-basic", Secret: "p+ss%2Fword", AuthMethod: "client_secret_basic"}, nil, true},
		{
			servers.Registration{ID: "doctor-post", Secret: "post-secret", AuthMethod: "client_secret_post"},
			[]string{"AUTH=client_secret_post"},
			true,
		},
		{
			servers.Registration{ID: "doctor-jwt", Secret: servers.LongSecret, AuthMethod: "client_secret_jwt"},
			[]string{"AUTH=client_secret_jwt"},
			false,
		},
		{
			servers.Registration{ID: "doctor-tls", AuthMethod: "self_signed_tls_client_auth", JWKS: certs.SelfSigned.JWKS()},
			[]string{
				"AUTH=self_signed_tls_client_auth", "CLIENT_CERTIFICATE_FILE=" + certs.SelfSigned.Certificate,
				"CLIENT_KEY_FILE=" + certs.SelfSigned.Key,
			},
			false,
		},
	}
	clients := make([]servers.Registration, 0, len(methods))
	for _, m := range methods {
		m.client.GrantTypes, m.client.Scope = []string{"client_credentials"}, interopScope
		clients = append(clients, m.client)
	}
	for _, s := range interopServers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := s.start(t, certs, clients)
			for _, m := range methods {
				env := k6test.With(map[string]string{
					"ISSUER": server.issuer, "SSL_CERT_FILE": server.caFile, "SCOPE": interopScope, "CLIENT_ID": m.client.ID,
					"CLIENT_SECRET": m.client.Secret,
				}, m.env...)
				e := k6test.Doctor(t, env, "--json", "--grants", "2")
				var report struct {
					Usable bool           `json:"usable"`
					Counts map[string]int `json:"counts"`
					Checks []struct {
						ID, Status, Hint string
					} `json:"checks"`
				}
				require.NoError(t, json.Unmarshal([]byte(e.Stdout), &report), "%s%s", e.Stdout, e.Stderr)
				require.Contains(t, []int{k6test.DoctorUsable, k6test.DoctorUnusable}, e.ExitCode, e.Stderr)
				require.Equal(t, report.Usable, e.ExitCode == k6test.DoctorUsable, "%s", e.Stdout)
				require.Equal(t, report.Usable, report.Counts["failed"] == 0, "%s", e.Stdout)
				if m.everywhere {
					require.True(t, report.Usable, "%s", e.Stdout)
				}
				for _, c := range report.Checks {
					if c.Status == "failed" || c.Status == "warning" {
						require.NotEmpty(t, c.Hint, "%s of %s", c.ID, m.client.ID)
					}
				}
			}
		})
	}
}
