package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// AllowHostsVariable is the environment variable with the only hosts that requests may go to.
const AllowHostsVariable = "CLIENTCREDS_ALLOW_HOSTS"

// Hosts is a list of hosts that requests may go to. The zero value allows every host.
type Hosts struct{ patterns []hostPattern }

// hostPattern stands for one host, or for all names below a domain.
type hostPattern struct {
	name  string // the host; with below, its domain with a dot before it
	below bool
	port  string // "" for every port
}

// AllowedHosts returns the hosts in AllowHostsVariable, or every host if the environment lacks it. A variable without a
// host is an error, not the end of the guard.
func AllowedHosts(lookup func(name string) (value string, given bool)) (Hosts, error) {
	text, given := lookup(AllowHostsVariable)
	if !given {
		return Hosts{}, nil
	}
	return parseHosts(text)
}

// parseHosts reads hosts, hosts with a port, and domains such as *.example.com, which stands for all names below
// example.com. Commas or spaces separate them.
func parseHosts(text string) (Hosts, error) {
	var h Hosts
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		p, ok := parseHost(entry)
		if !ok {
			return Hosts{}, fmt.Errorf("%s: entry %d is not a host; write idp.example.com, idp.example.com:8443, [::1], or "+
				"*.example.com", AllowHostsVariable, len(h.patterns)+1)
		}
		h.patterns = append(h.patterns, p)
	}
	if h.patterns == nil {
		return Hosts{}, fmt.Errorf("%s contains no host; write hosts with commas between them, or unset it to allow every "+
			"host", AllowHostsVariable)
	}
	return h, nil
}

func parseHost(entry string) (hostPattern, bool) {
	u, err := url.Parse("//" + entry)
	if err != nil || u.Host != entry || strings.HasSuffix(entry, ":") {
		return hostPattern{}, false
	}
	p := hostPattern{name: u.Hostname(), port: u.Port()}
	if strings.Contains(p.name, ":") && entry[0] != '[' {
		return hostPattern{}, false
	}
	if domain, below := strings.CutPrefix(p.name, "*."); below {
		p.name, p.below = domain, true
	}
	if p.name = hostName(p.name); p.name == "" || strings.ContainsAny(p.name, "*,") {
		return hostPattern{}, false
	}
	if p.below {
		p.name = "." + p.name
	}
	return p, true
}

// hostName is a host as comparisons need it: in lower case, in ASCII (RFC 5890), and without the dot of the root.
func hostName(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		return ascii
	}
	return host
}

// Port returns the port of u, or the port that its scheme has by default.
func Port(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}[strings.ToLower(u.Scheme)]
}

// Refusal says why requests may not go to the host of u, and what to do. It is empty if they may.
func (h Hosts) Refusal(u *url.URL) string {
	if h.patterns == nil {
		return ""
	}
	name, port := hostName(u.Hostname()), Port(u)
	for _, p := range h.patterns {
		if (p.port == "" || p.port == port) && (name == p.name || p.below && strings.HasSuffix(name, p.name)) {
			return ""
		}
	}
	return fmt.Sprintf("%s does not list %s, so nothing was sent; add the host, or correct the URL", AllowHostsVariable,
		oauth.Printable(u.Host, 300))
}

// Check returns the Refusal as an *oauth.Error, or nil.
func (h Hosts) Check(u *url.URL) error {
	if reason := h.Refusal(u); reason != "" {
		return &oauth.Error{Code: oauth.CodeHostNotAllowed, Description: reason}
	}
	return nil
}

// Guard returns a transport that sends the requests to these hosts over base, and no others.
func (h Hosts) Guard(base http.RoundTripper) http.RoundTripper {
	if h.patterns == nil {
		return base
	}
	return &guard{base, h}
}

type guard struct {
	base  http.RoundTripper
	hosts Hosts
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.hosts.Check(req.URL); err != nil {
		return nil, err
	}
	return g.base.RoundTrip(req)
}

// CloseIdleConnections makes http.Client.CloseIdleConnections work.
func (g *guard) CloseIdleConnections() {
	if idle, ok := g.base.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}
