// Package registration registers clients at an authorization server, and deletes them again: OAuth 2.0 dynamic client
// registration (RFC 7591) and its management protocol (RFC 7592).
//
// A [Run] registers as many clients as are missing, at a limited rate. Before it sends a request it notes so in the
// [Journal], and after it what the server answered. Whatever ends the process, the journal says which clients exist,
// and for which requests it is not known. The pool file, which load tests read, is made of the journal.
package registration
