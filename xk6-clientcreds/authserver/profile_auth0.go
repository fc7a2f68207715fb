package authserver

import (
	"net/http"
	"time"
)

// auth0 is a tenant of Auth0. Its issuer ends with a slash.
var auth0 = profile{ // #nosec G101 -- answers of the provider, not credentials
	name:     "auth0",
	issuer:   "/",
	token:    "/oauth/token",
	metadata: []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"},
	methods:  []string{"client_secret_basic", "client_secret_post", "private_key_jwt"},
	ttl:      24 * time.Hour,
	scope:    "read:orders write:orders",
	demands: []demand{{
		parameter: "audience",
		missing: refusal{status: http.StatusForbidden, body: `{"error":"access_denied","error_description":"No audience ` +
			`parameter was provided, and no default audience has been configured"}`},
	}},
	refusals: map[string]refusal{
		"invalid_client": {status: http.StatusUnauthorized, body: `{"error":"access_denied",` +
			`"error_description":"Unauthorized"}`},
		"unauthorized_client": {status: http.StatusForbidden, body: `{"error":"unauthorized_client",` +
			`"error_description":"Grant type 'client_credentials' not allowed for the client.",` +
			`"error_uri":"https://auth0.com/docs/clients/client-grant-types"}`},
		"invalid_scope": {status: http.StatusForbidden, body: `{"error":"access_denied",` +
			`"error_description":"Client has not been granted scopes"}`},
	},
	throttled: refusal{
		status: http.StatusTooManyRequests,
		header: map[string]string{"X-Ratelimit-Limit": "25", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "{reset}"},
		body:   `{"error":"too_many_requests","error_description":"Global limit has been reached"}`,
	},
}
