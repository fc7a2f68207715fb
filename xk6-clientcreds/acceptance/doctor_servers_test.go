package acceptance

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every server of the matrix, by methods that it has and by those that it has not: exit code, verdict and
// checks say the same, and what fails comes with what to do.
func TestDoctorExaminesTheServersOfTheMatrix(t *testing.T) {
	t.Parallel()
	certs := newClientCertificates(t)
	methods := []struct {
		client     registration
		env        []string
		everywhere bool // whether each of the servers takes it
	}{
		{registration{ID: "doctor-basic", Secret: "p+ss%2Fword", AuthMethod: "client_secret_basic"}, nil, true},
		{
			registration{ID: "doctor-post", Secret: "post-secret", AuthMethod: "client_secret_post"},
			[]string{"AUTH=client_secret_post"},
			true,
		},
		{
			registration{ID: "doctor-jwt", Secret: csjwtSecret, AuthMethod: "client_secret_jwt"},
			[]string{"AUTH=client_secret_jwt"},
			false,
		},
		{
			registration{ID: "doctor-tls", AuthMethod: "self_signed_tls_client_auth", JWKS: certs.selfSigned.jwks()},
			[]string{
				"AUTH=self_signed_tls_client_auth", "CLIENT_CERTIFICATE_FILE=" + certs.selfSigned.certificate,
				"CLIENT_KEY_FILE=" + certs.selfSigned.key,
			},
			false,
		},
	}
	clients := make([]registration, 0, len(methods))
	for _, m := range methods {
		m.client.GrantTypes, m.client.Scope = []string{"client_credentials"}, interopScope
		clients = append(clients, m.client)
	}
	for _, s := range interopServers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := s.start(t, certs, clients)
			for _, m := range methods {
				env := with(map[string]string{
					"ISSUER": server.issuer, "SSL_CERT_FILE": server.caFile, "SCOPE": interopScope, "CLIENT_ID": m.client.ID,
					"CLIENT_SECRET": m.client.Secret,
				}, m.env...)
				e := doctor(t, env, "--json", "--grants", "2")
				var report struct {
					Usable bool           `json:"usable"`
					Counts map[string]int `json:"counts"`
					Checks []struct {
						ID, Status, Hint string
					} `json:"checks"`
				}
				require.NoError(t, json.Unmarshal([]byte(e.stdout), &report), "%s%s", e.stdout, e.stderr)
				require.Contains(t, []int{doctorUsable, doctorUnusable}, e.exitCode, e.stderr)
				require.Equal(t, report.Usable, e.exitCode == doctorUsable, "%s", e.stdout)
				require.Equal(t, report.Usable, report.Counts["failed"] == 0, "%s", e.stdout)
				if m.everywhere {
					require.True(t, report.Usable, "%s", e.stdout)
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
