// Package oauth speaks to OAuth 2.0 token endpoints: the client-credentials grant of RFC 6749
// §4.4.
//
// A Client is one token request, prepared; Grant sends it once and TokenWithRetry as often as a
// Retry allows. The request goes out through a Doer, so that the caller owns connections, proxies
// and measurements. ClientAuth is how the client authenticates (RFC 6749 §2.3, RFC 7523 §2.2);
// Discover finds the token endpoint of an issuer (RFC 8414); ParseWWWAuthenticate reads what a
// resource server has against a token (RFC 6750 §3).
//
// An Endpoint is where the same client asks about a token (RFC 7662) or revokes it (RFC 7009). A JWT
// is an access token that can be read, and validated with the server's KeySet (RFC 9068 §4).
//
// Whatever goes wrong with a request becomes an *Error. Its text holds no secret, no token and
// nothing of a response body but the members that RFC 6749 §5.2 defines.
package oauth
