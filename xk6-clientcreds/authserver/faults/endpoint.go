package faults

// Endpoint is a part of the server that can have faults of its own.
type Endpoint int

// The endpoints.
const (
	Token Endpoint = iota
	API
	JWKS
	Introspection
	Revocation
	Metadata
	Registration
	endpoints // how many there are
)

// Where else a fault is counted.
const (
	tlsPlace    = endpoints + iota // handshakes, before there is a request
	serverPlace                    // the server as a whole
	places                         // how many there are
)

// placeNames are the names of the endpoints in the document, and of all places
// in the counters.
var placeNames = [places]string{
	"token", "api", "jwks", "introspection", "revocation", "metadata", "registration", "tls", "server",
}
