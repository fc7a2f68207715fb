package doctor

import (
	"errors"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

const hintEndpoint = "check TOKEN_URL or ISSUER: that is not the answer of a token endpoint (RFC 6749 §5)"

// hints say what to do about a failure, by its code.
var hints = map[string]string{
	"invalid_client": "check CLIENT_ID and CLIENT_SECRET",
	"unauthorized_client": "the server does not allow this client the client_credentials grant: change its " +
		"registration",
	"unsupported_grant_type": "the server has no client_credentials grant at this endpoint: check TOKEN_URL or ISSUER",
	"invalid_scope":          "the client may not ask for this scope: check SCOPE",
	"invalid_target":         "the server does not know this audience or resource: check AUDIENCE and RESOURCE",
	"invalid_request":        "a parameter is missing or not accepted by the server: check AUDIENCE, RESOURCE and AUTH",
	"access_denied":          "a policy of the server forbids this client a token; its log says which",
	"use_dpop_nonce":         hintDPoP,
	"invalid_dpop_proof": "the server requires a DPoP proof (RFC 9449): set DPOP=true. If it is set, check the " +
		"clocks, and whether the server knows its own URL",
	oauth.CodeTokenType: hintDPoP,

	oauth.CodeConnectionRefused: "nothing listens there: check TOKEN_URL or ISSUER",
	oauth.CodeConnectionReset:   "the server or something before it closed the connection",
	oauth.CodeDNS:               "the host cannot be resolved: check TOKEN_URL or ISSUER",
	oauth.CodeTLS:               "check scheme and port; SSL_CERT_FILE names a file of the CA to trust",
	oauth.CodeTimeout:           "the server did not answer in time; --timeout gives more",
	oauth.CodeInvalidResponse:   hintEndpoint,
	oauth.CodeHTTPError:         hintEndpoint,
}

const hintDPoP = "whether tokens are bound to a key (DPoP, RFC 9449) must be the same here and at the server: " +
	"DPOP=true, or not, for this client"

const hintLimit = "the server limits the rate of token requests: CACHE_SCOPE=shared needs the fewest"

func hintOf(e *oauth.Error) string {
	if e.Status == 429 || e.Code == "slow_down" {
		return hintLimit
	}
	if errors.Is(e, oauth.ErrExpired) {
		return "the server takes longer to answer than its tokens live: find out why it is slow, or have it grant a longer " +
			"lifetime"
	}
	if own := hints[e.Code]; own != "" && e.RefusesClient() && e.Code != "invalid_client" {
		return hints["invalid_client"] + "; if they are right: " + own
	}
	return hints[e.Code]
}
