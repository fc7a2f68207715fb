package jsmodule

import "github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"

// exchangeHints are the hints where it was the token exchange (RFC 8693) that failed.
var exchangeHints = map[string]string{
	// RFC 8693 §2.2.2 has servers say so of whatever they have against a token.
	"invalid_request":         "the server does not accept a token of the exchange, or its type, or dislikes a parameter; check exchange",
	"invalid_scope":           "the token may not get this scope in the exchange; check exchange.scope",
	"invalid_target":          "the server does not know the exchange's audience or resource, or this client may not have tokens for it",
	"unauthorized_client":     "the server does not allow this client the token-exchange grant",
	"unsupported_grant_type":  "the server does not offer token exchange (RFC 8693) at this endpoint",
	oauth.CodeInvalidResponse: "that is not the answer to a token exchange (RFC 8693 §2.2.1); check exchange.requestedTokenType, or the server",
}
