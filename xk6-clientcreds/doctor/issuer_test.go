package doctor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestIssuersThatPeoplePaste(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://idp.example/.well-known/openid-configuration": "ISSUER contains /.well-known/openid-configuration, " +
			"so it is the URL of the metadata, not the issuer; set it to https://idp.example",
		"https://idp.example/realms/a/.well-known/openid-configuration?x=s3cret": "ISSUER contains " +
			"/.well-known/openid-configuration, " +
			"so it is the URL of the metadata, not the issuer; set it to https://idp.example/realms/a",
		"https://idp.example/.well-known/oauth-authorization-server/realms/a": "ISSUER contains " +
			"/.well-known/oauth-authorization-server, " +
			"so it is the URL of the metadata, not the issuer; set it to https://idp.example/realms/a",
		"127.0.0.1:9997":          `ISSUER is "127.0.0.1:9997", which is not an absolute http or https URL; set it to one such as https://idp.example.com`,
		"idp.example":             `ISSUER is "idp.example", which is not an absolute http or https URL; set it to one such as https://idp.example.com`,
		"ftp://me:pw@idp.example": `ISSUER is "idp.example", which is not an absolute http or https URL; set it to one such as https://idp.example.com`,
	} {
		_, err := Run(t.Context(), Config{Issuer: issuer, ClientID: testID, ClientSecret: secret.New(testSecret)})
		require.EqualError(t, err, want)
	}
}

func TestBlanksAroundCredentials(t *testing.T) {
	t.Parallel()
	x := serve(t, nil)
	for _, c := range []struct{ id, secret, want string }{
		{
			testID, " " + testSecret,
			"CLIENT_SECRET begins with a blank: remove it, unless it belongs there; check CLIENT_ID and CLIENT_SECRET",
		},
		{
			testID, testSecret + " ",
			"CLIENT_SECRET ends with a blank: remove it, unless it belongs there; check CLIENT_ID and CLIENT_SECRET",
		},
		{
			testID + " ", testSecret,
			"CLIENT_ID ends with a blank: remove it, unless it belongs there; check CLIENT_ID and CLIENT_SECRET",
		},
	} {
		r := x.examine(t, func(cfg *Config) { cfg.ClientID, cfg.ClientSecret = c.id, secret.New(c.secret) })
		require.Contains(t, r.get(t, "grant.configured").Hint, c.want)
	}
	r := x.examine(t, func(cfg *Config) { cfg.ClientSecret = secret.New("wrong") })
	require.NotContains(t, r.get(t, "grant.configured").Hint, "blank")
}
