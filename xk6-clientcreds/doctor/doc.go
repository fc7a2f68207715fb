// Package doctor examines an authorization server before it is put under load: does the client get a
// token, what is it like, and what does that mean for a load test.
//
// Run makes the checks in their order and returns a Report. A check is a function that asks the server
// something, or looks at what an earlier one was told, and returns Results. Checks are few requests, one
// after the other: metadata (RFC 8414, OpenID Connect Discovery 1.0), the connection, the grant of RFC
// 6749 §4.4 by the configured way to authenticate, and the protected API (RFC 6750).
//
// No secret and no token is in a Report, whatever the server answers.
package doctor
