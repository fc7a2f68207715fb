package authserver

import (
	"fmt"
	"net/http"
	"time"
)

// entraTenant is the tenant of the examples in the documentation.
const entraTenant = "/aaaabbbb-0000-cccc-1111-dddd2222eeee"

// entra is the Microsoft identity platform.
var entra = profile{
	name:     "entra",
	issuer:   entraTenant + "/v2.0",
	token:    entraTenant + "/oauth2/v2.0/token",
	metadata: []string{entraTenant + "/v2.0/.well-known/openid-configuration"},
	methods:  []string{"client_secret_post", "client_secret_basic", "private_key_jwt"},
	ttl:      3599 * time.Second,
	scope:    "api://orders/.default",
	noScope:  true,
	members:  `,"ext_expires_in":%d`,
	demands: []demand{{
		parameter: "scope", suffix: "/.default",
		missing: aadsts(http.StatusBadRequest, "invalid_request", 900144,
			"The request body must contain the following parameter: 'scope'."),
		wrong: aadsts(http.StatusBadRequest, "invalid_scope", 1002012,
			"The provided value for scope is not valid. Client credential flows must have a scope value with /.default "+
				"suffixed to the resource identifier (application ID URI)."),
	}},
	refusals: map[string]refusal{
		"invalid_client": aadsts(http.StatusUnauthorized, "invalid_client", 7000215,
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "+
				"client secret ID, for a secret added to the app."),
		unknownClient: aadsts(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application was not found in the directory."),
		noCredentials: aadsts(http.StatusUnauthorized, "invalid_client", 7000218,
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'."),
		"invalid_scope": aadsts(http.StatusBadRequest, "invalid_scope", 70011,
			"The provided value for the input parameter 'scope' is not valid."),
		"unsupported_grant_type": aadsts(http.StatusBadRequest, "unsupported_grant_type", 70003,
			"The app requested an unsupported grant type."),
	},
	throttled: aadsts(http.StatusTooManyRequests, "temporarily_unavailable", 90055,
		"There are too many incoming requests.").with("Retry-After", "1"),
}

// aadsts is an error answer with a code of the platform.
func aadsts(status int, oauth string, code int, text string) refusal {
	const ids = `"timestamp":"2026-01-02 03:04:05Z","trace_id":"0000aaaa-11bb-cccc-dd22-eeeeee333333",` +
		`"correlation_id":"aaaa0000-bb11-2222-33cc-444444dddddd"`
	return refusal{status: status, body: fmt.Sprintf(`{"error":%q,"error_description":"AADSTS%d: %s","error_codes":[%d],%s,`+
		`"error_uri":"https://login.microsoftonline.com/error?code=%d"}`, oauth, code, text, code, ids, code)}
}

// with is the answer with a header.
func (r refusal) with(name, value string) refusal {
	r.header = map[string]string{name: value}
	return r
}
