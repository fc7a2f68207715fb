package authserver

import (
	"crypto/sha256"
	"sync"
)

const (
	// maxRegistered bounds how many clients can be registered at the same time.
	maxRegistered = 100_000
	// maxRegisteredBytes bounds the metadata of all of them.
	maxRegisteredBytes = 256 << 20
)

// registeredClients holds the clients that registered while the server runs. They are gone when it ends.
type registeredClients struct {
	mu      sync.RWMutex
	byID    map[string]*registeredClient
	byIndex map[uint64]*client
	next    int // index: it is never used again, because sealed tokens have it
	bytes   int
}

// registeredClient is a client and what its manager sees of it.
type registeredClient struct {
	*client

	metadata clientMetadata
	issuedAt int64             // seconds since 1970
	manager  [sha256.Size]byte // hash of the registration access token
	bytes    int               // of the request that the metadata are from
}

// newRegisteredClients takes the index of the first client.
func newRegisteredClients(next int) *registeredClients {
	return &registeredClients{byID: make(map[string]*registeredClient), byIndex: make(map[uint64]*client), next: next}
}

func (r *registeredClients) find(id string) *client {
	if c := r.lookUp(id); c != nil {
		return c.client
	}
	return nil
}

func (r *registeredClients) lookUp(id string) *registeredClient {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byID[id]
}

func (r *registeredClients) at(index uint64) *client {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byIndex[index]
}

// add registers the client that newClient makes of an index, and reports whether there is room for it.
func (r *registeredClients) add(c *registeredClient, newClient func(index int) *client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.byID) >= maxRegistered || r.bytes+c.bytes > maxRegisteredBytes {
		return false
	}
	c.client = newClient(r.next)
	r.next++
	r.put(c)
	return true
}

// replace replaces the client with the same identifier. It reports false if that client has been deleted, or if the
// server's memory for clients is full.
func (r *registeredClients) replace(c *registeredClient) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.byID[c.id]
	if old == nil || r.bytes-old.bytes+c.bytes > maxRegisteredBytes {
		return false
	}
	c.requests.Store(old.requests.Load())
	r.bytes -= old.bytes
	r.put(c)
	return true
}

func (r *registeredClients) put(c *registeredClient) {
	r.byID[c.id], r.byIndex[uint64(c.index)] = c, c.client // #nosec G115 -- an index is not negative
	r.bytes += c.bytes
}

// remove deletes a client, and reports whether there was one.
func (r *registeredClients) remove(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.byID[id]
	if c == nil {
		return false
	}
	delete(r.byID, id)
	delete(r.byIndex, uint64(c.index)) // #nosec G115 -- an index is not negative
	r.bytes -= c.bytes
	return true
}

// addRequests adds the token requests of each client by its identifier.
func (r *registeredClients) addRequests(byClient map[string]int64) {
	if r == nil {
		return
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for id, c := range r.byID {
		byClient[id] = c.requests.Load()
	}
}
