// Package hint says what to check first when an authorization server gives no token. Servers rarely say so themselves:
// an error code of RFC 6749 §5.2 has many causes.
package hint
