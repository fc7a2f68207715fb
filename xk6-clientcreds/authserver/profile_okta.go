package authserver

import (
	"net/http"
	"time"
)

// okta is a custom authorization server of Okta.
var okta = profile{ // #nosec G101 -- answers of the provider, not credentials
	name:   "okta",
	issuer: "/oauth2/default",
	token:  "/oauth2/default/v1/token",
	metadata: []string{
		"/oauth2/default/.well-known/oauth-authorization-server", "/oauth2/default/.well-known/openid-configuration",
	},
	methods: []string{"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"},
	ttl:     time.Hour,
	scope:   "orders.read orders.write",
	demands: []demand{{
		parameter: "scope",
		missing: refusal{status: http.StatusBadRequest, body: `{"error":"invalid_scope","error_description":"The ` +
			`authorization server resource does not have any configured default scopes, 'scope' must be provided."}`},
	}},
	refusals: map[string]refusal{
		"invalid_client": {status: http.StatusUnauthorized, body: `{"error":"invalid_client",` +
			`"error_description":"The client secret supplied for a confidential client is invalid."}`},
		unknownClient: {status: http.StatusUnauthorized, body: `{"errorCode":"invalid_client",` +
			`"errorSummary":"Invalid value for 'client_id' parameter.","errorLink":"invalid_client",` +
			`"errorId":"oaeAAAABBBBCCCCDDDD0000","errorCauses":[]}`},
		"invalid_scope": {status: http.StatusBadRequest, body: `{"error":"invalid_scope",` +
			`"error_description":"One or more scopes are not configured for the authorization server resource."}`},
	},
	throttled: refusal{
		status: http.StatusTooManyRequests,
		header: map[string]string{
			"X-Rate-Limit-Limit": "1200", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "{reset}",
		},
		body: `{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.",` +
			`"errorLink":"E0000047","errorId":"oaeAAAABBBBCCCCDDDD0000","errorCauses":[]}`,
	},
}
