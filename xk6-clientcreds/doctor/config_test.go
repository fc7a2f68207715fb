package doctor

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"nothing to examine":  {func(c *Config) { c.TokenURL = "" }, "TOKEN_URL and ISSUER are both unset"},
		"no client":           {func(c *Config) { c.ClientID = "" }, "CLIENT_ID is not set"},
		"no secret":           {func(c *Config) { c.ClientSecret = secret.Text{} }, "CLIENT_SECRET is not set"},
		"secret with newline": {func(c *Config) { c.ClientSecret = secret.New(testSecret + "\n") }, "CLIENT_SECRET contains a line break"},
		"method": {
			func(c *Config) { c.Auth = "none" },
			`AUTH is "none"; it must be one of client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth, self_signed_tls_client_auth`,
		},
		"short secret": {
			func(c *Config) { c.Auth = "client_secret_jwt" },
			"CLIENT_SECRET has 18 bytes; client_secret_jwt with HS256 needs 32 or more (RFC 7518 §3.2)",
		},
		"no secret to sign with": {
			func(c *Config) { c.Auth, c.ClientSecret = "client_secret_jwt", secret.Text{} },
			"CLIENT_SECRET is not set",
		},
		"no key": {
			func(c *Config) { c.Auth = "private_key_jwt" },
			"CLIENT_KEY_FILE is not set; set it to the file of the client's private key",
		},
		"encoding": {
			func(c *Config) { c.BasicEncoding = "hex" },
			`BASIC_ENCODING is "hex"; it must be form or raw`,
		},
		"too many grants": {func(c *Config) { c.Grants = MaxGrants + 1 }, "--grants is 21; it must be 1 to 20"},
		"too few grants":  {func(c *Config) { c.Grants = -1 }, "--grants is -1; it must be 1 to 20"},
		"users":           {func(c *Config) { c.VUs = -1 }, "VUS is -1"},
		"timeout":         {func(c *Config) { c.Timeout = -time.Second }, "timeout is -1s"},
		"issuer": {
			func(c *Config) { c.Issuer = "https://idp.example?x" },
			"ISSUER must not contain a query (RFC 8414 §2); remove it",
		},
		"token URL":        {func(c *Config) { c.TokenURL = "idp.example" }, "TOKEN_URL is"},
		"scope":            {func(c *Config) { c.Scope = []string{`a"b`} }, "scope"},
		"resource":         {func(c *Config) { c.Resource = []string{"orders"} }, "resource"},
		"API URL":          {func(c *Config) { c.APIURL = "api.example" }, "API_URL must be"},
		"raw with a colon": {func(c *Config) { c.ClientID, c.BasicEncoding = "a:b", "raw" }, "colon"},
		"two servers": {
			func(c *Config) { c.Issuer = "https://other.example/tenant" },
			"TOKEN_URL is at https://idp.example, but ISSUER is at https://other.example; set one of the two",
		},
	} {
		cfg := Config{TokenURL: "https://idp.example/token", ClientID: testID, ClientSecret: secret.New(testSecret)}
		c.change(&cfg)
		_, err := Run(t.Context(), cfg)
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), testSecret, name)
	}
}

// The bounds themselves are allowed.
func TestBoundsOfConfigurations(t *testing.T) {
	t.Parallel()
	for _, grants := range []int{1, MaxGrants} {
		cfg := Config{
			TokenURL: "https://idp.example/token", ClientID: testID, ClientSecret: secret.New(strings.Repeat("x", leastSecret)),
			Auth: "client_secret_jwt", VUs: 1, Grants: grants, Timeout: 1,
		}
		cfg.setDefaults()
		require.NoError(t, cfg.check())
	}
	var defaults Config
	defaults.setDefaults()
	require.Equal(t, 30*time.Second, defaults.Timeout)
}
