package authserver

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// payer may ask for authorization details of two types.
var payer = Client{ID: "payer", Secret: secret.New("payers-secret"), Scope: "pay", DetailTypes: []string{"payment", "account"}}

func askDetails(t *testing.T, handler http.Handler, c Client, details string, parameters ...string) answer {
	t.Helper()
	return post("/token", c, append(parameters, "grant_type=client_credentials",
		"authorization_details="+url.QueryEscape(details))...).ask(t, handler)
}

func TestAuthorizationDetails(t *testing.T) {
	t.Parallel()
	const asked = `[ {"type": "payment", "amount": {"value": "1.50"}}, {"type":"account","actions":["read"]} ]`
	const granted = `[{"type":"payment","amount":{"value":"1.50"}},{"type":"account","actions":["read"]}]`
	for _, format := range []TokenFormat{Opaque, JWT} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			server, handler := offline(t, Config{Clients: []Client{payer, owner}, TokenFormat: format})
			a := askDetails(t, handler, payer, asked, "audience=a", "scope=pay")
			require.Equal(t, http.StatusOK, a.status, a.body)
			assert.Contains(t, a.body, `,"authorization_details":`+granted, "RFC 9396 §7")

			token := a.member(t, "access_token")
			about := post("/introspect", payer, "token="+token).ask(t, handler)
			assert.Contains(t, about.body, `,"authorization_details":`+granted, "RFC 9396 §9.2")
			var claims map[string]any
			require.NoError(t, json.Unmarshal([]byte(about.body), &claims))
			assert.Equal(t, "a", claims["aud"])
			assert.Equal(t, "pay", claims["scope"])
			if format == JWT {
				payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
				require.NoError(t, err)
				assert.Contains(t, string(payload), `,"authorization_details":`+granted, "RFC 9396 §9.1")
			}

			plain := post("/token", payer, "grant_type=client_credentials").ask(t, handler)
			assert.NotContains(t, plain.body, "authorization_details")
			assert.Equal(t, []string{"account", "payment"}, server.metadata().DetailTypes)
		})
	}
}

func TestRefusedAuthorizationDetails(t *testing.T) {
	t.Parallel()
	server, handler := offline(t, Config{Clients: []Client{payer, gateway}})
	const syntax = "authorization_details must be a JSON array of objects, each with a type"
	const kind = "a type of authorization details is unknown or not allowed for this client"
	refused := 0
	for _, c := range []struct {
		name    string
		client  Client
		details string
		want    string
	}{
		{"no JSON", payer, `payment`, syntax},
		{"an object", payer, `{"type":"payment"}`, syntax},
		{"an empty array", payer, `[]`, syntax},
		{"no objects", payer, `["payment"]`, syntax},
		{"no type", payer, `[{"type":"payment"},{"actions":["read"]}]`, syntax},
		{"a type that is no string", payer, `[{"type":1}]`, syntax},
		{"an unknown type", payer, `[{"type":"payment"},{"type":"health"}]`, kind},
		{"a client without types", gateway, `[{"type":"payment"}]`, kind},
	} {
		a := askDetails(t, handler, c.client, c.details)
		assert.Equal(t, http.StatusBadRequest, a.status, c.name)
		assert.Equal(t, "invalid_authorization_details", a.member(t, "error"), c.name)
		assert.Equal(t, c.want, a.member(t, "error_description"), c.name)
		refused++
	}
	a := post("/token", gateway, "grant_type="+url.QueryEscape(grantTokenExchange), "authorization_details=%5B%5D").ask(t,
		handler)
	assert.Equal(t, "authorization details are not granted in a token exchange", a.member(t, "error_description"))
	assert.EqualValues(t, refused+1, server.Stats().TokenRequests.ByResult["invalid_authorization_details"])
}
