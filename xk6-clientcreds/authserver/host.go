package authserver

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// knownHosts lets requests through that name a host which this server is known by. A page whose name has come to stand
// for this machine (DNS rebinding) is of the same origin as the server to the browser, but the Host header still has
// the page's name in it. An address in the Host header is one that the browser has connected to, so every address is
// known.
func (s *Server) knownHosts(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.isKnownHost(r.Host) {
			writeProblem(w, http.StatusMisdirectedRequest, "the Host header does not name this server; "+
				"use an IP address, localhost, the issuer's host, or a name in --allow-host")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// isKnownHost looks at the value of a Host header.
func (s *Server) isKnownHost(header string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if net.ParseIP(strings.Trim(host, "[]")) != nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	same := func(name string) bool { return strings.EqualFold(name, host) }
	return host != "" && (same(s.endpoints.issuerHost()) || slices.ContainsFunc(s.cfg.AllowHosts, same))
}

func checkHosts(names []string) error {
	for _, name := range names {
		if name == "" || !printableASCII(name) || strings.ContainsAny(name, ":/@ ") {
			return configErrorf("AllowHosts",
				"%q is not the name of a host; it must be a name without scheme and port, such as authserver", name)
		}
	}
	return nil
}
