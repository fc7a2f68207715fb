package authserver

import (
	"net/http"
	"time"
)

// keycloak is a realm of Keycloak. The tests of this project run a real one.
var keycloak = profile{ // #nosec G101 -- answers of the provider, not credentials
	name:     "keycloak",
	issuer:   "/realms/load-test",
	token:    "/realms/load-test/protocol/openid-connect/token",
	metadata: []string{"/realms/load-test/.well-known/openid-configuration"},
	methods:  []string{"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", methodTLS},
	ttl:      5 * time.Minute,
	scope:    "email profile",
	members:  `,"refresh_expires_in":0,"not-before-policy":0`,
	refusals: map[string]refusal{
		"invalid_client": {status: http.StatusUnauthorized, body: `{"error":"unauthorized_client",` +
			`"error_description":"Invalid client or Invalid client credentials"}`},
		unknownClient: {status: http.StatusUnauthorized, body: `{"error":"invalid_client",` +
			`"error_description":"Invalid client or Invalid client credentials"}`},
		"invalid_scope": {status: http.StatusBadRequest, body: `{"error":"invalid_scope",` +
			`"error_description":"Invalid scopes"}`},
		"unsupported_grant_type": {status: http.StatusBadRequest, body: `{"error":"unsupported_grant_type",` +
			`"error_description":"Unsupported grant_type"}`},
	},
	// It has no limit of the rate. It refuses requests if --http-max-queued-requests are waiting.
	throttled: refusal{status: http.StatusServiceUnavailable},
}
