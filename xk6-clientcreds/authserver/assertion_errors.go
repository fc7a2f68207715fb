package authserver

import "net/http"

// What can be wrong with a client assertion: RFC 7521 §4.2.1 makes all of it
// invalid_client, except for missing parameters.
var (
	errNoAssertion     = invalidRequest("client_assertion is missing")
	errNoAssertionType = invalidRequest("client_assertion_type is missing")

	errAssertionType       = invalidClient("client_assertion_type must be " + assertionType)
	errAssertionSyntax     = invalidClient("the client assertion is not a signed JWT in compact serialization")
	errAssertionAlgorithm  = invalidClient("the algorithm of the client assertion is not supported")
	errAssertionClaims     = invalidClient("the claims of the client assertion are malformed")
	errAssertionIssuer     = invalidClient("the iss of the client assertion is not a known client")
	errAssertionSubject    = invalidClient("the sub of the client assertion is not its iss")
	errNoSecret            = invalidClient("the client has no secret to verify the client assertion with")
	errNoKeys              = invalidClient("the client has no keys to verify the client assertion with")
	errUnknownKey          = invalidClient("the client has no key with the kid, alg and x5t#S256 of the client assertion")
	errAssertionSignature  = invalidClient("the signature of the client assertion is wrong")
	errNoAssertionAudience = invalidClient("the client assertion has no aud")
	errAssertionAudience   = invalidClient("the aud of the client assertion is neither the issuer nor the token endpoint")
	errNoAssertionExpiry   = invalidClient("the client assertion has no exp")
	errAssertionExpired    = invalidClient("the client assertion has expired")
	errAssertionLife       = invalidClient("the exp of the client assertion is more than an hour away")
	errAssertionEarly      = invalidClient("the nbf of the client assertion is in the future")
	errAssertionFuture     = invalidClient("the iat of the client assertion is in the future")
	errNoAssertionID       = invalidClient("the client assertion has no jti")
	errAssertionID         = invalidClient("the jti of the client assertion is longer than 256 bytes")
	errAssertionReplayed   = invalidClient("the client assertion was used before")

	errReplaysFull = newError(resultServerError, http.StatusServiceUnavailable,
		"too many client assertions are in use, try again later")
)
