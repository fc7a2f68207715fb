package authserver

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// profile describes how a provider's token endpoint answers. Each provider is one value in a file of its own, from the
// provider's documentation: docs/guides/providers.md names the pages.
type profile struct {
	name string
	// issuer and token are paths; metadata are the paths of the discovery document.
	issuer, token string
	metadata      []string
	// methods are the client authentication methods that the endpoint accepts.
	methods []string
	ttl     time.Duration
	// scope is the scope of the client of serve, unless the user sets another one.
	scope string
	// noScope says that the response to a granted request lacks the scope. members are its other members.
	// %d in them is the lifetime in seconds.
	noScope bool
	members string
	// demands are checked before anything is granted.
	demands []demand
	// refusals are the answers to failed requests, by the OAuth error of this server, or by one of the names below.
	refusals map[string]refusal
	// throttled is the answer beyond the rate limit.
	throttled refusal
}

// The names of refusals that providers distinguish.
const (
	unknownClient = "unknown_client"
	noCredentials = "no_credentials" // #nosec G101 -- a name
)

// demand is a parameter that a request must have. Its value must end with the suffix.
type demand struct {
	parameter, suffix string
	missing, wrong    refusal
}

// refusal is an error answer.
type refusal struct {
	status int
	header map[string]string // in values, {reset} is the Unix time in a second
	body   string            // JSON; "" for none
}

// profiles are the providers. Another one is another file, and a name here.
var profiles = []*profile{&keycloak, &entra, &okta, &auth0, &cognito}

// Profiles are the names of the providers whose answers a server can play.
func Profiles() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.name
	}
	return names
}

// ProfileScope is a scope in the form of a provider, "" for an unknown provider.
func ProfileScope(name string) string {
	if p := profileOf(name); p != nil {
		return p.scope
	}
	return ""
}

func profileOf(name string) *profile {
	i := slices.IndexFunc(profiles, func(p *profile) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return profiles[i]
}

// applyProfile sets what the provider determines, and the user does not.
func (c *Config) applyProfile() {
	p := profileOf(c.Profile)
	if p == nil {
		return
	}
	c.TTL = cmp.Or(c.TTL, p.ttl)
	c.TokenFormat = cmp.Or(c.TokenFormat, JWT)
	c.JWTAlgorithm = cmp.Or(c.JWTAlgorithm, "RS256")
}

// checkProfile finds a provider that does not exist, and an issuer that it would not have.
func (c *Config) checkProfile() error {
	switch {
	case c.Profile == "":
		return nil
	case profileOf(c.Profile) == nil:
		return configErrorf("Profile", "%q is not a provider; use one of %s", c.Profile, strings.Join(Profiles(), ", "))
	case c.Issuer != "":
		return configErrorf("Issuer", "the profile %s has an issuer of its own; drop one of the two", c.Profile)
	}
	return nil
}

// accepts reports whether the provider has the client authentication method. No provider is a server with all methods.
func (p *profile) accepts(method string) bool { return p == nil || slices.Contains(p.methods, method) }

// check finds what the provider demands and the request lacks.
func (p *profile) check(f *form) *oauthError {
	if p == nil {
		return nil
	}
	for _, d := range p.demands {
		value := f.get(d.parameter)
		switch {
		case value == "":
			return d.missing.as(resultInvalidRequest)
		case !strings.HasSuffix(value, d.suffix):
			return d.wrong.as(resultInvalidScope)
		}
	}
	return nil
}

// refusal is the provider's answer to a failed request. c is the client that the request names, nil if it is unknown.
func (p *profile) refusal(c *client, err *oauthError) *oauthError {
	if p == nil || err.header != nil {
		return err
	}
	names := []string{tokenResultNames[err.result]}
	if c == nil && err.result == resultInvalidClient {
		names = append([]string{unknownClient}, names...)
	}
	if err == errNoCredentials {
		names = append([]string{noCredentials}, names...)
	}
	for _, name := range names {
		if r, found := p.refusals[name]; found {
			return r.as(err.result)
		}
	}
	return err
}

// as is the answer to a request that is counted with a result.
func (r refusal) as(result tokenResult) *oauthError {
	header, reset := make(http.Header), strconv.FormatInt(time.Now().Add(time.Second).Unix(), 10)
	for name, value := range r.header {
		header.Set(name, strings.ReplaceAll(value, "{reset}", reset))
	}
	return &oauthError{result: result, status: r.status, body: []byte(r.body), header: header}
}

// appendMembers appends what the provider's response has beside the members of RFC 6749 §5.1.
func (p *profile) appendMembers(dst []byte, seconds int64) []byte {
	if p == nil {
		return dst
	}
	return append(dst, strings.ReplaceAll(p.members, "%d", strconv.FormatInt(seconds, 10))...)
}

// throttling replaces the answers beyond the rate limit by the provider's.
func (p *profile) throttling(next http.Handler) http.Handler {
	if p == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&throttledWriter{ResponseWriter: w, profile: p}, r)
	})
}

// throttledWriter writes the provider's answer instead of one with the status 429.
type throttledWriter struct {
	http.ResponseWriter

	profile  *profile
	replaced bool
}

// WriteHeader implements http.ResponseWriter.
func (w *throttledWriter) WriteHeader(status int) {
	if status != http.StatusTooManyRequests {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.replaced = true
	clear(w.Header())
	w.profile.throttled.as(resultIssued).write(w.ResponseWriter)
}

// Write implements http.ResponseWriter.
func (w *throttledWriter) Write(body []byte) (int, error) {
	if w.replaced {
		return len(body), nil
	}
	return w.ResponseWriter.Write(body)
}

// Flush implements http.Flusher.
func (w *throttledWriter) Flush() {
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (w *throttledWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
