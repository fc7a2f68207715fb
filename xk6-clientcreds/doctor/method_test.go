package doctor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// awkward has characters that the form encoding of RFC 6749 §2.3.1 changes.
const awkward = "s3cret+/%&=: ~"

func TestMethods(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		encoding   authserver.BasicEncoding
		only       string // the method that the client may use
		secret     string
		auth, sent string // what the doctor is configured to
		all        bool
		want       map[string]Status
		hint       string // of the one that works instead
		requests   int
	}{
		"form, where it matters": {
			authserver.BasicForm, "", awkward, "", "form", false,
			map[string]Status{"grant.configured": OK, "grant.basic_encoding": OK, "grant.other": Skipped},
			"", DefaultGrants,
		},
		"form, where it does not": {
			authserver.BasicForm, "", testSecret, "", "form", true,
			map[string]Status{
				"grant.configured": OK, "grant.basic_encoding": OK, "grant.client_secret_basic_raw": Skipped,
				"grant.client_secret_post": OK, "grant.client_secret_jwt": Skipped, "grant.private_key_jwt": Skipped,
				"grant.tls_client_auth": Skipped, "grant.self_signed_tls_client_auth": Skipped,
			},
			"", DefaultGrants + 1,
		},
		"a server that does not decode": {
			authserver.BasicRaw, "", awkward, "", "form", false,
			map[string]Status{"grant.configured": Failed, "grant.basic_encoding": Info, "grant.other": Skipped},
			"", 1,
		},
		"a server that does not decode, all methods": {
			authserver.BasicRaw, "client_secret_basic", awkward, "", "form", true,
			map[string]Status{
				"grant.configured": Failed, "grant.basic_encoding": Info, "grant.client_secret_basic_raw": OK,
				"grant.client_secret_post": Info, "grant.client_secret_jwt": Skipped, "grant.private_key_jwt": Skipped,
				"grant.tls_client_auth": Skipped, "grant.self_signed_tls_client_auth": Skipped,
			},
			"set AUTH=client_secret_basic BASIC_ENCODING=raw", 3,
		},
		"raw": {
			authserver.BasicRaw, "", awkward, "", "raw", false,
			map[string]Status{"grant.configured": OK, "grant.basic_encoding": Info, "grant.other": Skipped},
			"", DefaultGrants,
		},
		"a client of client_secret_post": {
			authserver.BasicForm, "client_secret_post", testSecret, "", "form", true,
			map[string]Status{
				"grant.configured": Failed, "grant.basic_encoding": OK, "grant.client_secret_basic_raw": Skipped,
				"grant.client_secret_post": OK, "grant.client_secret_jwt": Skipped, "grant.private_key_jwt": Skipped,
				"grant.tls_client_auth": Skipped, "grant.self_signed_tls_client_auth": Skipped,
			},
			"set AUTH=client_secret_post", 2,
		},
		"client_secret_post": {
			authserver.BasicForm, "client_secret_post", awkward, "client_secret_post", "form", true,
			map[string]Status{
				"grant.configured": OK, "grant.client_secret_basic_form": Info, "grant.client_secret_basic_raw": Info,
				"grant.client_secret_jwt": Skipped, "grant.private_key_jwt": Skipped,
				"grant.tls_client_auth": Skipped, "grant.self_signed_tls_client_auth": Skipped,
			},
			"", DefaultGrants + 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := serve(t, func(s *authserver.Config) {
				s.BasicEncoding, s.Clients[0].Secret, s.Clients[0].AuthMethod = c.encoding, secret.New(c.secret), c.only
			})
			r := x.examine(t, func(cfg *Config) { cfg.Auth, cfg.BasicEncoding, cfg.AllMethods = c.auth, c.sent, c.all })
			got := make(map[string]Status)
			var hint string
			for _, result := range r.Checks {
				if len(result.ID) > 6 && result.ID[:6] == "grant." {
					got[result.ID] = result.Status
					if result.Status == OK && result.Hint != "" {
						hint = result.Hint
					}
				}
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.hint, hint)
			require.EqualValues(t, c.requests, x.server.Stats().TokenRequests.Total, "each failure is a failed login")
		})
	}
}

// A method that the metadata do not offer is not tried beside the configured one.
func TestMethodNotOffered(t *testing.T) {
	t.Parallel()
	e := &run{cfg: Config{ClientID: testID, ClientSecret: secret.New(testSecret)}, method: methods[0]}
	e.metadata = metadataOf("client_secret_basic")
	r := e.tryOther(t.Context(), methods[2])
	require.Equal(t, Skipped, r.Status)
	require.Contains(t, r.Summary, "not offered")
}
