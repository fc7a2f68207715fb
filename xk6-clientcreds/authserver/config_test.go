package authserver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	one := func(c Client) []Client {
		if c.ID == "" {
			c.ID = "a"
		}
		if c.Secret.IsZero() {
			c.Secret = secret.New("topsecret")
		}
		return []Client{c}
	}
	const issuer = "authserver: Issuer: the value is not an issuer identifier; it must be an http(s) URL of plain " +
		"characters without user, query and fragment, or a path such as /tenant"
	for _, tt := range []struct {
		cfg Config
		err string
	}{
		{Config{}, "authserver: Clients: no client is registered; there must be at least one"},
		{
			Config{Addr: "localhost"},
			`authserver: Addr: "localhost" is not an address; it must be host:port, such as 127.0.0.1:8089 or 127.0.0.1:0`,
		},
		{
			Config{Addr: "localhost:"},
			`authserver: Addr: "localhost:" is not an address; it must be host:port, such as 127.0.0.1:8089 or 127.0.0.1:0`,
		},
		{Config{APIAddr: "localhost:99999"}, `authserver: APIAddr: "localhost:99999" has no valid port; it must be 0 to 65535`},
		{Config{Issuer: "ftp://a.example"}, issuer},
		{Config{Issuer: "login.example"}, issuer},
		{Config{Issuer: "https://"}, issuer},
		{Config{Issuer: "https://user:topsecret@a.example"}, issuer},
		{Config{Issuer: "https://a.example/?a=b"}, issuer},
		{Config{Issuer: "/a#b"}, issuer},
		{Config{Issuer: "/a b"}, issuer},
		{
			Config{TTL: -time.Second},
			"authserver: TTL: -1s is not a lifetime of tokens; it must be whole seconds, 1s or more, such as 5m",
		},
		{
			Config{TTL: 1500 * time.Millisecond},
			"authserver: TTL: 1.5s is not a lifetime of tokens; it must be whole seconds, 1s or more, such as 5m",
		},
		{Config{TokenFormat: "saml"}, `authserver: TokenFormat: "saml" is unknown; it must be one of opaque, jwt`},
		{Config{JWTAlgorithm: "HS256"}, `authserver: JWTAlgorithm: "HS256" is unknown; it must be one of ES256, RS256, PS256, EdDSA`},
		{Config{BasicEncoding: "base64"}, `authserver: BasicEncoding: "base64" is unknown; it must be one of form, raw`},
		{Config{APICheck: "none"}, `authserver: APICheck: "none" is unknown; it must be one of local, introspection`},
		{Config{Admin: "root"}, `authserver: Admin: "root" is unknown; it must be one of loopback, on, off`},
		{
			Config{Faults: []byte(`{"tokn": {}}`)},
			`authserver: Faults: tokn is unknown; it must be one of seed, token, api, jwks, introspection, revocation, metadata, registration, tls, clock_skew, ttl, dpop_nonce`,
		},
		{Config{APIScope: "a b"}, `authserver: APIScope: "a b" is not one scope token (RFC 6749 §3.3)`},
		{Config{APIAudience: "ä"}, `authserver: APIAudience: "ä" has characters other than printable ASCII`},
		{Config{Clients: []Client{{Secret: secret.New("x")}}}, "authserver: Clients: client number 1 has no id"},
		{Config{Clients: []Client{{ID: "a"}}}, `authserver: Clients: client "a" has no secret`},
		{Config{Clients: append(one(Client{}), one(Client{})...)}, `authserver: Clients: client "a" is registered twice`},
		{
			Config{Clients: one(Client{ID: "ä"})},
			"authserver: Clients: the id of client number 1 has characters other than printable ASCII",
		},
		{
			Config{Clients: one(Client{Secret: secret.New("topsecret\n")})},
			`authserver: Clients: the secret of client "a" has characters other than printable ASCII`,
		},
		{
			Config{Clients: one(Client{Scope: "a  b"})},
			`authserver: Clients: client "a": "a  b" is not a scope; it must be tokens separated by single spaces (RFC 6749 §3.3)`,
		},
		{
			Config{Clients: one(Client{TTL: time.Millisecond})},
			`authserver: Clients: client "a": 1ms is not a lifetime of tokens; it must be whole seconds, 1s or more, such as 5m`,
		},
		{
			Config{Clients: one(Client{AuthMethod: "none"})},
			`authserver: Clients: client "a": authentication method "none" is unknown; it must be one of client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth, self_signed_tls_client_auth`,
		},
		{
			Config{Clients: one(Client{AuthMethod: "tls_client_auth"})},
			`authserver: Clients: client "a": tls_client_auth needs one of ` + subjectMembers,
		},
		{
			Config{Clients: one(Client{Subject: CertificateSubject{DN: "CN=a", DNS: "a.example"}})},
			`authserver: Clients: client "a": more than one of ` + subjectMembers + ` is set; set only one (RFC 8705 §2.1.2)`,
		},
		{
			Config{Clients: one(Client{Subject: CertificateSubject{IP: "a.example"}})},
			`authserver: Clients: client "a": tls_client_auth_san_ip is "a.example"; it must be an IP address`,
		},
		{
			Config{Clients: one(Client{AuthMethod: "self_signed_tls_client_auth"})},
			`authserver: Clients: client "a": self_signed_tls_client_auth needs a JWK set with the client's certificate (x5c) or its key`,
		},
		{
			Config{Clients: one(Client{Subject: CertificateSubject{DN: "CN=a"}})},
			`authserver: TLSDir: no folder is given, but client "a" authenticates by a certificate, which needs HTTPS`,
		},
		{
			Config{Clients: one(Client{GrantTypes: []string{"password"}})},
			`authserver: Clients: client "a": grant type "password" is unknown; it must be one of client_credentials, urn:ietf:params:oauth:grant-type:token-exchange`,
		},
		{
			Config{Clients: one(Client{ID: apiClientID}), APICheck: CheckIntrospection},
			`authserver: Clients: client "protected-api" has the id that the API introspects with; choose another`,
		},
	} {
		t.Run(tt.err, func(t *testing.T) {
			t.Parallel()
			if tt.cfg.Clients == nil && tt.cfg.Addr+tt.cfg.APIAddr+tt.cfg.Issuer != "" {
				tt.cfg.Clients = []Client{demo}
			}
			_, err := New(tt.cfg)
			require.EqualError(t, err, tt.err)
			var bad *ConfigError
			require.ErrorAs(t, err, &bad)
			require.NotContains(t, err.Error(), "topsecret")
		})
	}
}

// TestClientHidesSecret holds that a client that is printed does not tell its
// secret.
func TestClientHidesSecret(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "client demo", sprintf(format, demo))
	}
}
