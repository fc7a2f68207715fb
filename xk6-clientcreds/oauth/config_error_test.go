package oauth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryFieldHasAName(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, field := range Fields() {
		name := field.String()
		assert.NotEmpty(t, name, "%d", field)
		assert.False(t, seen[name], "%s is the name of two fields", name)
		seen[name] = true
	}
	assert.Len(t, seen, int(fieldCount))
}

func TestConfigErrorNamesFieldAndProblem(t *testing.T) {
	t.Parallel()
	c := config()
	c.TokenURL = "https://me:hush@idp.example.com/token"
	wrong := new(ConfigError)
	require.ErrorAs(t, c.Validate(), &wrong)
	assert.Equal(t, FieldTokenURL, wrong.Field)
	assert.Equal(t, "contains a user name or password; set the client ID and the client secret instead", wrong.Problem)
	assert.Equal(t, "token URL "+wrong.Problem, wrong.Error())

	_, err := ParseDPoPKey([]byte("hush"), "")
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, FieldDPoPKey, wrong.Field)
}

func TestConfigurationIsValidWithoutTheEndpoint(t *testing.T) {
	t.Parallel()
	c := config()
	c.TokenURL = ""
	require.NoError(t, c.Validate())
	_, err := NewClient(c)
	require.EqualError(t, err,
		"token URL is empty; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token")

	for field, spoil := range map[Field]func(*Config){
		FieldClientID:    func(c *Config) { c.ClientID = "" },
		FieldAuth:        func(c *Config) { c.Auth = ClientAuth{} },
		FieldCertificate: func(c *Config) { c.Auth = TLSClientAuth(testID) },
		FieldScope:       func(c *Config) { c.Scope = []string{"a b"} },
		FieldParams:      func(c *Config) { c.Params = map[string][]string{"scope": {"x"}} },
		FieldHeader:      func(c *Config) { c.Header = map[string][]string{"Host": {"x"}} },
		// The credentials are tried where they are the same for every request.
		FieldClientSecret: func(c *Config) { c.Auth = ClientSecretBasic(testID, strings.Repeat("\x01", 8), BasicRaw) },
	} {
		wrongConfig, wrong := c, new(ConfigError)
		spoil(&wrongConfig)
		require.ErrorAs(t, wrongConfig.Validate(), &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
}
