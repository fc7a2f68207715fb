// Package authserver is a local OAuth 2.0 authorization server and a protected
// API, to load-test them and to count what really arrived.
//
// It implements, independently of the client code in this module:
//
//   - the client credentials grant (RFC 6749 §4.4) with client_secret_basic and
//     client_secret_post (RFC 6749 §2.3.1) and the errors of RFC 6749 §5.2;
//   - client_secret_jwt and private_key_jwt (RFC 7523 §2.2);
//   - tls_client_auth and self_signed_tls_client_auth, and tokens that are bound
//     to the client's certificate (RFC 8705);
//   - token exchange (RFC 8693), also with an actor, for access tokens of its own;
//   - opaque access tokens, or JWT access tokens by RFC 9068 with a JWK set;
//   - resource indicators (RFC 8707) and the audience parameter;
//   - introspection (RFC 7662) and revocation (RFC 7009);
//   - authorization server metadata (RFC 8414), also at OpenID's location;
//   - a protected API that answers as RFC 6750 §3 says.
//
// Opaque tokens are sealed, not stored: the server keeps nothing per token it
// issued, so a long run does not grow it. Secrets and tokens appear in no log
// and not in [Stats].
package authserver
