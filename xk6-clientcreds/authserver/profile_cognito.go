package authserver

import (
	"net/http"
	"time"
)

// cognito is a user pool of Amazon Cognito. Its token endpoint has another host than its issuer; here both have one.
var cognito = profile{ // #nosec G101 -- answers of the provider, not credentials
	name:     "cognito",
	issuer:   "/us-east-1_EXAMPLE",
	token:    "/oauth2/token",
	metadata: []string{"/us-east-1_EXAMPLE/.well-known/openid-configuration"},
	methods:  []string{"client_secret_basic", "client_secret_post"},
	ttl:      time.Hour,
	scope:    "orders/read orders/write",
	noScope:  true,
	refusals: map[string]refusal{
		"invalid_request":        {status: http.StatusBadRequest, body: `{"error":"invalid_request"}`},
		"invalid_client":         {status: http.StatusBadRequest, body: `{"error":"invalid_client"}`},
		"unauthorized_client":    {status: http.StatusBadRequest, body: `{"error":"unauthorized_client"}`},
		"invalid_scope":          {status: http.StatusBadRequest, body: `{"error":"invalid_scope"}`},
		"unsupported_grant_type": {status: http.StatusBadRequest, body: `{"error":"unsupported_grant_type"}`},
	},
	throttled: refusal{
		status: http.StatusTooManyRequests,
		header: map[string]string{"X-Amzn-Errortype": "TooManyRequestsException"},
		body:   `{"message":"Rate exceeded"}`,
	},
}
