package authserver

import (
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// TokenFormat says what an access token looks like.
type TokenFormat string

// The token formats.
const (
	Opaque TokenFormat = "opaque" // sealed by this process, meaningless to others
	JWT    TokenFormat = "jwt"    // signed, RFC 9068
)

// APICheck says how the protected API validates an access token.
type APICheck string

// The ways to check a token.
const (
	CheckLocal         APICheck = "local"         // in memory, or by signature
	CheckIntrospection APICheck = "introspection" // one HTTP request to the introspection endpoint each
)

// BasicEncoding says how client_secret_basic credentials are decoded.
type BasicEncoding string

// The encodings of client_secret_basic.
const (
	BasicForm BasicEncoding = "form" // form-decode id and secret, as RFC 6749 §2.3.1 demands
	BasicRaw  BasicEncoding = "raw"  // take both as they are, as many servers do
)

// AdminAccess says who can change a server while it runs. There is no
// authentication.
type AdminAccess string

// The accesses of administrators.
const (
	AdminLoopback AdminAccess = "loopback" // this machine only: none at all where Addr can be reached by others
	AdminOn       AdminAccess = "on"       // everybody who reaches Addr
	AdminOff      AdminAccess = "off"
)

// RegistrationAccess says who can register clients.
type RegistrationAccess string

// The accesses to the registration endpoint.
const (
	RegistrationOff   RegistrationAccess = "off"   // nobody; the server has no registration endpoint
	RegistrationToken RegistrationAccess = "token" // everybody who has the initial access token
	RegistrationOpen  RegistrationAccess = "open"  // everybody
)

// DefaultTTL is the lifetime of an access token unless the configuration or
// the client says otherwise.
const DefaultTTL = 5 * time.Minute

// Middleware wraps an endpoint. The request has been counted as arrived
// before the middleware sees it; its result is counted only when it reaches
// the endpoint itself.
type Middleware func(http.Handler) http.Handler

// Config configures a [Server]. The zero value of every field but Clients is
// usable.
type Config struct {
	// Addr is the host:port of the authorization server. Default 127.0.0.1:0.
	Addr string
	// APIAddr is the host:port of the protected API. Default: the address of the
	// authorization server.
	APIAddr string
	// Issuer is the issuer identifier: an https or http URL, or a path such as
	// "/tenant" below the server's own address. Default: the server's address.
	// The endpoints live below the path of the issuer.
	Issuer string
	// Profile is the name of the provider whose answers the server plays: see Profiles. Default: none.
	Profile string
	// TLSDir switches both ports to HTTPS and is the folder of the
	// certificates: a CA found there is used again, otherwise one is made.
	TLSDir string

	// Clients are the registered clients, at least one.
	Clients []Client
	// TTL is the lifetime of access tokens, DefaultTTL by default.
	TTL time.Duration
	// TokenFormat is Opaque by default.
	TokenFormat TokenFormat
	// JWTAlgorithm signs JWT access tokens: ES256 (default), RS256, PS256 or EdDSA.
	JWTAlgorithm string
	// BasicEncoding is BasicForm by default.
	BasicEncoding BasicEncoding

	// DPoPNonce is how often the nonce changes that DPoP proofs need, both those
	// for tokens and those at the API (RFC 9449 §8 and §9). Each is accepted
	// twice as long. Default: proofs need none.
	DPoPNonce time.Duration

	// APICheck is CheckLocal by default.
	APICheck APICheck
	// APIScope is the scope a token needs at the API. Default: none.
	APIScope string
	// APIAudience is the audience a token needs at the API, and the audience
	// of tokens that were requested without one. Default: tokens carry the
	// URL of the API and every audience is accepted.
	APIAudience string

	// Registration says who can register clients (RFC 7591) and manage the clients that they registered (RFC 7592).
	// Default: nobody.
	Registration RegistrationAccess
	// InitialAccessToken is the token that registers clients if Registration is RegistrationToken.
	InitialAccessToken secret.Text

	// Faults is the JSON document of the faults that there are from the start,
	// see package faults. Default: none.
	Faults []byte
	// Admin is AdminLoopback by default.
	Admin AdminAccess
	// AllowHosts are further names of hosts, without port, by which the admin
	// endpoint and the counters may be asked. Addresses, localhost and the
	// issuer's host are always allowed.
	AllowHosts []string

	// TokenMiddleware wraps the token endpoint, APIMiddleware the API; the
	// first is the outermost.
	TokenMiddleware, APIMiddleware []Middleware
	// Now is the clock that tokens live by. Default time.Now.
	Now func() time.Time
	// ErrorLog gets the errors of connections (TLS handshakes, panics).
	// Default: they are dropped.
	ErrorLog *log.Logger
}

// ConfigError is a configuration that cannot be used.
type ConfigError struct {
	Option  string // the name of the Config field
	Problem string // what is wrong, and what is allowed; never a secret
}

func (e *ConfigError) Error() string { return "authserver: " + e.Option + ": " + e.Problem }

func configErrorf(option, format string, args ...any) error {
	return &ConfigError{Option: option, Problem: fmt.Sprintf(format, args...)}
}

func (c *Config) setDefaults() {
	c.applyProfile()
	setDefault(&c.Addr, "127.0.0.1:0")
	setDefault(&c.TTL, DefaultTTL)
	setDefault(&c.TokenFormat, Opaque)
	setDefault(&c.JWTAlgorithm, "ES256")
	setDefault(&c.BasicEncoding, BasicForm)
	setDefault(&c.APICheck, CheckLocal)
	setDefault(&c.Registration, RegistrationOff)
	setDefault(&c.Admin, AdminLoopback)
	if c.Now == nil {
		c.Now = time.Now
	}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// hasAPIPort reports whether the API has a port of its own. Port 0 is another
// one each time.
func (c *Config) hasAPIPort() bool {
	return c.APIAddr != "" && (c.APIAddr != c.Addr || strings.HasSuffix(c.APIAddr, ":0"))
}
