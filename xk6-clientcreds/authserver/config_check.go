package authserver

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

func (c *Config) validate() error {
	if err := checkAddr("Addr", c.Addr); err != nil {
		return err
	}
	if c.APIAddr != "" {
		if err := checkAddr("APIAddr", c.APIAddr); err != nil {
			return err
		}
	}
	if err := c.checkProfile(); err != nil {
		return err
	}
	if err := checkIssuer(c.Issuer); err != nil {
		return err
	}
	if err := c.checkTimes(); err != nil {
		return err
	}
	if err := c.checkChoices(); err != nil {
		return err
	}
	if c.APIScope != "" && (!validScope(c.APIScope) || strings.Contains(c.APIScope, " ")) {
		return configErrorf("APIScope", "%q is not one scope token (RFC 6749 §3.3)", c.APIScope)
	}
	if !printableASCII(c.APIAudience) {
		return configErrorf("APIAudience", "%q has characters other than printable ASCII", c.APIAudience)
	}
	if err := checkHosts(c.AllowHosts); err != nil {
		return err
	}
	return c.checkFaults()
}

// checkChoices finds values that are not among those allowed.
func (c *Config) checkChoices() error {
	return cmp.Or(
		oneOf("TokenFormat", c.TokenFormat, Opaque, JWT),
		oneOf("JWTAlgorithm", c.JWTAlgorithm, jwtAlgorithms...),
		oneOf("BasicEncoding", c.BasicEncoding, BasicForm, BasicRaw),
		oneOf("APICheck", c.APICheck, CheckLocal, CheckIntrospection),
		oneOf("Registration", c.Registration, RegistrationOff, RegistrationToken, RegistrationOpen),
		c.checkInitialAccessToken(),
		oneOf("Admin", c.Admin, AdminLoopback, AdminOn, AdminOff),
	)
}

// checkInitialAccessToken demands a token that fits an Authorization header (RFC 6750 §2.1).
func (c *Config) checkInitialAccessToken() error {
	if c.Registration != RegistrationToken {
		return nil
	}
	if token := c.InitialAccessToken.Reveal(); token == "" || !printableASCII(token) || strings.Contains(token, " ") {
		return configErrorf("InitialAccessToken", "is empty, or has characters other than printable ASCII without spaces; "+
			"set the token that registers clients")
	}
	return nil
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
		return configErrorf("DPoPNonce", "%s is too short for a nonce; it must be 1s or more, such as 1m", c.DPoPNonce)
	}
	return nil
}

// checkTTL demands whole seconds, because expires_in counts them (RFC 6749
// §5.1): a fraction would make the token outlive what its client was told.
func checkTTL(ttl time.Duration) error {
	if ttl < time.Second || ttl%time.Second != 0 {
		return fmt.Errorf("%s is not a lifetime of tokens; it must be whole seconds, 1s or more, such as 5m", ttl)
	}
	return nil
}

func checkAddr(option, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return configErrorf(option, "%q is not an address; it must be host:port, such as 127.0.0.1:8089 or 127.0.0.1:0", addr)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return configErrorf(option, "%q has no valid port; it must be 0 to 65535", addr)
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
			"the value is not an issuer identifier; it must be an http(s) URL of plain characters without user, query and "+
				"fragment, or a path such as /tenant")
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
	return configErrorf(option, "%q is unknown; it must be one of %s", value, strings.Join(names, ", "))
}
