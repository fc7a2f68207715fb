package faults

import (
	"sync"
	"sync/atomic"
)

// Kind is a kind of fault.
type Kind int

// The kinds. Those below the line happen to the state of the server, which
// reports them with Count.
const (
	latencyKind Kind = iota
	errorKind
	rateLimitKind
	resetKind
	slowBodyKind
	truncatedBodyKind
	outageKind
	handshakeKind
	clockSkewKind

	TTLChanged      // a token with the lifetime of the document
	TokenRevoked    // a token that was refused because it was revoked by the administrator
	KeyRotated      // a new key that tokens are signed with
	SecretRotated   // a new secret of a client
	TokensRevoked   // an order to revoke tokens
	NonceDemanded   // a DPoP proof that was refused for its nonce, which the document demands
	NoncesForgotten // an order to forget the nonces
	kinds           // how many there are
)

var kindNames = [kinds]string{
	latencyKind: "latency", errorKind: "error", rateLimitKind: "rate_limit", resetKind: "reset",
	slowBodyKind: "slow_body", truncatedBodyKind: "truncated_body", outageKind: "outage",
	handshakeKind: "handshake_delay", clockSkewKind: "clock_skew",
	TTLChanged: "ttl", TokenRevoked: "revoked_token", KeyRotated: "key_rotation", SecretRotated: "secret_rotation",
	TokensRevoked: "revocation", NonceDemanded: "dpop_nonce", NoncesForgotten: "nonce_reset",
}

// The results of requests that a fault has answered, beside OAuth error codes
// and "http_" with a status.
const (
	resultRateLimited  = "rate_limited"
	resultReset        = "reset"
	resultClientClosed = "client_closed" // the client did not wait for a delayed answer
)

// counts are the faults that have happened.
type counts struct {
	faults [kinds][places]atomic.Int64

	mu      sync.Mutex
	results [endpoints]map[string]int64 // a small vocabulary: see results and errorCodes
}

func (c *counts) fault(k Kind, place Endpoint) { c.faults[k][place].Add(1) }

func (c *counts) result(e Endpoint, result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.results[e] == nil {
		c.results[e] = make(map[string]int64)
	}
	c.results[e][result]++
}

// Counts returns how many requests each kind of fault has changed, by kind and
// endpoint. Kinds that did not happen are left out.
func (i *Injector) Counts() map[string]map[string]int64 {
	all := make(map[string]map[string]int64)
	for k := range kinds {
		for p := range places {
			n := i.counts.faults[k][p].Load()
			if n == 0 {
				continue
			}
			if all[kindNames[k]] == nil {
				all[kindNames[k]] = make(map[string]int64)
			}
			all[kindNames[k]][placeNames[p]] = n
		}
	}
	return all
}

// AddResults adds the results of the requests to e that a fault has answered
// instead of the endpoint.
func (i *Injector) AddResults(e Endpoint, to map[string]int64) {
	i.counts.mu.Lock()
	defer i.counts.mu.Unlock()
	for result, n := range i.counts.results[e] {
		to[result] += n
	}
}

// Count counts a fault that happened at an endpoint outside of this package.
func (i *Injector) Count(k Kind, e Endpoint) { i.counts.fault(k, e) }

// CountServer counts a fault of the server as a whole.
func (i *Injector) CountServer(k Kind) { i.counts.fault(k, serverPlace) }
