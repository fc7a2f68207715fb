package authserver

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
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
	// APIAddr is the host:port of the protected API. Default: that of the
	// authorization server.
	APIAddr string
	// Issuer is the issuer identifier: an https or http URL, or a path such as
	// "/tenant" below the server's own address. Default: the server's address.
	// The endpoints live below the path of the issuer.
	Issuer string
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

	// Faults is the JSON document of the faults that there are from the start,
	// see package faults. Default: none.
	Faults []byte
	// Admin is AdminLoopback by default.
	Admin AdminAccess

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
	setDefault(&c.Addr, "127.0.0.1:0")
	setDefault(&c.TTL, DefaultTTL)
	setDefault(&c.TokenFormat, Opaque)
	setDefault(&c.JWTAlgorithm, "ES256")
	setDefault(&c.BasicEncoding, BasicForm)
	setDefault(&c.APICheck, CheckLocal)
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

func (c *Config) validate() error {
	if err := checkAddr("Addr", c.Addr); err != nil {
		return err
	}
	if c.APIAddr != "" {
		if err := checkAddr("APIAddr", c.APIAddr); err != nil {
			return err
		}
	}
	if err := checkIssuer(c.Issuer); err != nil {
		return err
	}
	if err := c.checkTimes(); err != nil {
		return err
	}
	if err := oneOf("TokenFormat", c.TokenFormat, Opaque, JWT); err != nil {
		return err
	}
	if err := oneOf("JWTAlgorithm", c.JWTAlgorithm, jwtAlgorithms...); err != nil {
		return err
	}
	if err := oneOf("BasicEncoding", c.BasicEncoding, BasicForm, BasicRaw); err != nil {
		return err
	}
	if err := oneOf("APICheck", c.APICheck, CheckLocal, CheckIntrospection); err != nil {
		return err
	}
	if c.APIScope != "" && (!validScope(c.APIScope) || strings.Contains(c.APIScope, " ")) {
		return configErrorf("APIScope", "%q is not one scope token (RFC 6749 §3.3)", c.APIScope)
	}
	if !printableASCII(c.APIAudience) {
		return configErrorf("APIAudience", "%q has characters other than printable ASCII", c.APIAudience)
	}
	if err := oneOf("Admin", c.Admin, AdminLoopback, AdminOn, AdminOff); err != nil {
		return err
	}
	return c.checkFaults()
}

func (c *Config) checkFaults() error {
	if err := faults.Check(c.Faults); err != nil {
		return configErrorf("Faults", "%s", err)
	}
	return nil
}

func (c *Config) checkTimes() error {
	if err := checkTTL(c.TTL); err != nil {
		return configErrorf("TTL", "%s", err)
	}
	if c.DPoPNonce < 0 || (c.DPoPNonce > 0 && c.DPoPNonce < time.Second) {
		return configErrorf("DPoPNonce", "%s is too short for a nonce, want 1s or more, such as 1m", c.DPoPNonce)
	}
	return nil
}

// checkTTL demands whole seconds, because expires_in counts them (RFC 6749
// §5.1): a fraction would make the token outlive what its client was told.
func checkTTL(ttl time.Duration) error {
	if ttl < time.Second || ttl%time.Second != 0 {
		return fmt.Errorf("%s is not a lifetime of tokens, want whole seconds, 1s or more, such as 5m", ttl)
	}
	return nil
}

// hasAPIPort reports whether the API has a port of its own. Port 0 is another
// one each time.
func (c *Config) hasAPIPort() bool {
	return c.APIAddr != "" && (c.APIAddr != c.Addr || strings.HasSuffix(c.APIAddr, ":0"))
}

func checkAddr(option, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return configErrorf(option, "%q is not an address, want host:port, such as 127.0.0.1:8089 or 127.0.0.1:0", addr)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return configErrorf(option, "%q has no valid port, want 0 to 65535", addr)
	}
	return nil
}

// checkIssuer demands what RFC 8414 §2 demands, but allows http: the server is
// a local one.
func checkIssuer(issuer string) error {
	if issuer == "" {
		return nil
	}
	full := issuer
	if strings.HasPrefix(issuer, "/") {
		full = "http://localhost" + issuer
	}
	u, err := url.Parse(full)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil ||
		strings.ContainsAny(issuer, "?#%\"\\ ") || !printableASCII(issuer) {
		return configErrorf("Issuer",
			"not an issuer identifier: want an http(s) URL of plain characters without user, query and fragment, or a path such as /tenant")
	}
	return nil
}

func oneOf[T ~string](option string, value T, allowed ...T) error {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		if value == a {
			return nil
		}
		names[i] = string(a)
	}
	return configErrorf(option, "%q is unknown, want %s", value, strings.Join(names, ", "))
}
