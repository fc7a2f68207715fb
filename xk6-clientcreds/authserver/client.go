package authserver

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The grants that the server knows.
const (
	grantClientCredentials = "client_credentials"
	grantTokenExchange     = "urn:ietf:params:oauth:grant-type:token-exchange" // #nosec G101 -- a name, RFC 8693 §2.1
)

// GrantTypes are the grants that a client can be allowed.
var GrantTypes = []string{grantClientCredentials, grantTokenExchange}

// Client is one registered client. The names follow RFC 7591 §2.
type Client struct {
	// ID is the client identifier: printable ASCII (RFC 6749 §A.1).
	ID string
	// Secret is the client secret: printable ASCII (RFC 6749 §A.2). A client
	// with keys needs none.
	Secret secret.Text
	// JWKS are the public keys that the client's assertions are verified with
	// (private_key_jwt). One with the certificate it is from (x5c) is the
	// registration of that certificate (self_signed_tls_client_auth, RFC 8705
	// §2.2).
	JWKS jose.JSONWebKeySet
	// Subject is the subject of the client's certificate (tls_client_auth). Default:
	// the client has none of the server's CA.
	Subject CertificateSubject
	// DPoPBound says that the client may have tokens only that are bound to the
	// key of a DPoP proof, RFC 9449 §5.2.
	DPoPBound bool
	// Scope is the space separated scope the client may have, and gets when it
	// asks for none.
	Scope string
	// TTL is the lifetime of this client's tokens. Default: the server's TTL.
	TTL time.Duration
	// GrantTypes are the grants the client may use. Default: client_credentials.
	GrantTypes []string
	// DetailTypes are the types of authorization details that the client may ask
	// for (RFC 9396 §10). Default: none.
	DetailTypes []string
	// AuthMethod is the one authentication method the client may use, by its
	// IANA name. Default: every method that the client has the credentials for.
	AuthMethod string
}

// String names the client without its secret.
func (c Client) String() string { return "client " + c.ID }

// GoString names the client without its secret.
func (c Client) GoString() string { return c.String() }

// client is a Client prepared for answering requests.
type client struct {
	index       int // in registry.list, or of a client that registered; it is in the sealed tokens
	id          string
	jsonID      []byte // id as a JSON string
	credentials atomic.Pointer[credentials]
	scope       string
	scopes      []string
	ttl         time.Duration
	grantTypes  []string
	authMethod  string
	detailTypes []string
	proofs      bool // DPoPBound
	subject     CertificateSubject
	requests    atomic.Int64 // to the token endpoint
}

// registry holds the clients. It is read-only once made, except for the clients'
// credentials, and for clients that register while the server runs.
type registry struct {
	list       []*client
	byID       map[string]*client
	registered *registeredClients // nil where no client can register
	now        func() time.Time

	rotating sync.Mutex // held to replace credentials
}

func newRegistry(clients []Client, ttl time.Duration, now func() time.Time) (*registry, error) {
	if len(clients) == 0 {
		return nil, configErrorf("Clients", "no client is registered; there must be at least one")
	}
	r := &registry{byID: make(map[string]*client, len(clients)), now: now}
	for i, c := range clients {
		if err := checkClient(i, c); err != nil {
			return nil, err
		}
		if r.byID[c.ID] != nil {
			return nil, configErrorf("Clients", "client %q is registered twice", c.ID)
		}
		r.add(c, ttl)
	}
	return r, nil
}

func (r *registry) add(c Client, ttl time.Duration) {
	entry := newClient(len(r.list), c, ttl)
	r.list = append(r.list, entry)
	r.byID[c.ID] = entry
}

// newClient prepares a client that has been checked.
func newClient(index int, c Client, ttl time.Duration) *client {
	if c.TTL > 0 {
		ttl = c.TTL
	}
	if c.GrantTypes == nil {
		c.GrantTypes = []string{grantClientCredentials}
	}
	entry := &client{
		index:       index,
		id:          c.ID,
		jsonID:      appendJSONString(nil, c.ID),
		scope:       c.Scope,
		scopes:      strings.Fields(c.Scope),
		ttl:         ttl,
		grantTypes:  c.GrantTypes,
		authMethod:  c.AuthMethod,
		detailTypes: c.DetailTypes,
		proofs:      c.DPoPBound,
		subject:     c.Subject,
	}
	entry.credentials.Store(newCredentials(c.Secret.Reveal(), c.JWKS.Keys))
	return entry
}

// find returns the client of that identifier, or nil.
func (r *registry) find(id string) *client {
	if c := r.byID[id]; c != nil || r.registered == nil {
		return c
	}
	return r.registered.find(id)
}

// at returns the client of that index, or nil.
func (r *registry) at(index uint64) *client {
	switch {
	case index < uint64(len(r.list)):
		return r.list[index]
	case r.registered == nil:
		return nil
	}
	return r.registered.at(index)
}

// addAPI registers the client that the API introspects with. It has no grant
// type, so that it gets no token.
func (r *registry) addAPI(password secret.Text) error {
	if r.byID[apiClientID] != nil {
		return configErrorf("Clients", "client %q has the id that the API introspects with; choose another", apiClientID)
	}
	r.add(Client{ID: apiClientID, Secret: password, GrantTypes: []string{}}, 0)
	return nil
}

func checkClient(i int, c Client) error {
	switch {
	case c.ID == "":
		return configErrorf("Clients", "client number %d has no id", i+1)
	case !printableASCII(c.ID):
		return configErrorf("Clients", "the id of client number %d has characters other than printable ASCII", i+1)
	case c.Secret.IsZero() && len(c.JWKS.Keys) == 0 && c.Subject.given() == 0:
		return configErrorf("Clients", "client %q has no secret", c.ID)
	case !printableASCII(c.Secret.Reveal()):
		return configErrorf("Clients", "the secret of client %q has characters other than printable ASCII", c.ID)
	case c.Scope != "" && !validScope(c.Scope):
		return configErrorf("Clients",
			"client %q: %q is not a scope; it must be tokens separated by single spaces (RFC 6749 §3.3)",
			c.ID, c.Scope)
	}
	if c.TTL != 0 {
		if err := checkTTL(c.TTL); err != nil {
			return configErrorf("Clients", "client %q: %s", c.ID, err)
		}
	}
	if err := checkMethod(c); err != nil {
		return err
	}
	for _, g := range c.GrantTypes {
		if !slices.Contains(GrantTypes, g) {
			return configErrorf("Clients", "client %q: grant type %q is unknown; it must be one of %s", c.ID, g,
				strings.Join(GrantTypes, ", "))
		}
	}
	return nil
}

// checkMethod demands what the client's authentication method needs.
func checkMethod(c Client) error {
	if c.AuthMethod != "" && !slices.Contains(authMethodNames(true), c.AuthMethod) {
		return configErrorf("Clients", "client %q: authentication method %q is unknown; it must be one of %s",
			c.ID, c.AuthMethod, strings.Join(authMethodNames(true), ", "))
	}
	if err := checkKeys(c); err != nil {
		return err
	}
	return checkCertificates(c)
}

// checkKeys demands public keys that assertions can be verified with.
func checkKeys(c Client) error {
	for i := range c.JWKS.Keys {
		key := &c.JWKS.Keys[i]
		switch key.Key.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		default:
			return configErrorf("Clients", "client %q: key number %d of the JWK set is not a public RSA, EC or Ed25519 key",
				c.ID, i+1)
		}
		if !key.Valid() {
			return configErrorf("Clients", "client %q: key number %d of the JWK set is not valid", c.ID, i+1)
		}
		if key.Use != "" && key.Use != "sig" {
			return configErrorf("Clients", "client %q: key number %d of the JWK set has the use %q; it must be sig", c.ID, i+1,
				key.Use)
		}
		if key.Algorithm != "" && !slices.Contains(keyAlgorithms, jose.SignatureAlgorithm(key.Algorithm)) {
			return configErrorf("Clients", "client %q: key number %d of the JWK set has the algorithm %q; it must be one of %v",
				c.ID, i+1, key.Algorithm, keyAlgorithms)
		}
	}
	switch {
	case c.AuthMethod == "private_key_jwt" && len(c.JWKS.Keys) == 0:
		return configErrorf("Clients", "client %q: private_key_jwt needs a JWK set with the client's keys", c.ID)
	case strings.HasPrefix(c.AuthMethod, "client_secret") && c.Secret.IsZero():
		return configErrorf("Clients", "client %q: %s needs a secret", c.ID, c.AuthMethod)
	case c.AuthMethod == "client_secret_jwt" && len(c.Secret.Reveal()) < 32:
		return configErrorf("Clients", "client %q: client_secret_jwt needs a secret of 32 bytes or more (RFC 7518 §3.2)",
			c.ID)
	}
	return nil
}

// nothing stands for the secret of an unknown client in comparisons.
var nothing credentials

// authenticate finds the client with this id and secret. What it costs does
// not tell whether the id is known: an unknown one is compared with nothing.
// found is the client that the id names, whatever the secret.
func (r *registry) authenticate(id, secret string) (found *client, ok bool) {
	found = r.find(id)
	want := &nothing
	if found != nil {
		want = found.credentials.Load()
	}
	got := sha256.Sum256([]byte(secret))
	return found, want.match(&got, r.now()) && found != nil
}

func (c *client) mayUse(grantType string) bool { return slices.Contains(c.grantTypes, grantType) }

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
