package authserver

import (
	"net"
	"net/url"
	"strings"
)

// Paths at the root of a port. The authorization server's paths are below the
// path of the issuer.
const (
	apiPath    = "/api"
	statsPath  = "/stats"
	healthPath = "/health"
	adminPath  = "/admin"
)

// Endpoints are the URLs of a server. The API is a folder: every path below it
// is protected.
type Endpoints struct {
	Issuer        string
	Metadata      string
	Token         string
	Introspection string
	Revocation    string
	JWKS          string
	Registration  string // empty where no client can register
	API           string
	Stats         string
	Health        string
	Admin         string // empty where it is off, see AdminAccess
	CAFile        string // the PEM file of the CA, empty for plain HTTP
}

// Endpoints returns the URLs. They are known once Start has returned.
func (s *Server) Endpoints() Endpoints { return s.endpoints }

// bind derives the URLs from the bound addresses.
func (s *Server) bind(authAddr, apiAddr net.Addr) {
	auth, api := s.origin(authAddr), s.origin(apiAddr)
	issuer := s.cfg.Issuer
	if s.profile != nil {
		issuer = s.profile.issuer
	}
	if issuer == "" || strings.HasPrefix(issuer, "/") {
		issuer = auth + issuer
	}
	base := strings.TrimSuffix(issuer, "/")
	s.endpoints = Endpoints{
		Issuer:        issuer,
		Token:         base + "/token",
		Introspection: base + "/introspect",
		Revocation:    base + "/revoke",
		JWKS:          base + "/jwks",
		API:           api + apiPath + "/",
		Stats:         auth + statsPath,
		Health:        auth + healthPath,
	}
	if s.cfg.Registration != RegistrationOff {
		s.endpoints.Registration = base + "/register"
	}
	if s.adminAllowed(authAddr) {
		s.endpoints.Admin = auth + adminPath
	}
	issuerURL := s.endpoints.issuerURL()
	s.endpoints.Metadata = issuerURL.Scheme + "://" + issuerURL.Host + s.metadataPaths()[0]
	if s.profile != nil {
		s.endpoints.Token = auth + s.profile.token
	}
	s.api.origin = api
	s.defaultAudience = s.cfg.APIAudience
	if s.defaultAudience == "" {
		s.defaultAudience = api + apiPath
	}
	s.defaultAudiences = []string{s.defaultAudience}
	if s.introspector != nil {
		// The issuer may be a name that only others resolve: the API asks the
		// port itself.
		s.introspector.endpoint = auth + strings.TrimSuffix(s.endpoints.issuerPath(), "/") + "/introspect"
	}
}

// metadataPaths are the paths of the metadata.
func (s *Server) metadataPaths() []string {
	if s.profile != nil {
		return s.profile.metadata
	}
	return metadataPaths(s.endpoints.issuerPath())
}

// tokenPath is the path of the token endpoint.
func (s *Server) tokenPath() string {
	if s.profile != nil {
		return s.profile.token
	}
	return strings.TrimSuffix(s.endpoints.issuerPath(), "/") + "/token"
}

// origin returns scheme, host and port of a bound address.
func (s *Server) origin(addr net.Addr) string {
	scheme := "http://"
	if s.cfg.TLSDir != "" {
		scheme = "https://"
	}
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return scheme + addr.String()
	}
	return scheme + net.JoinHostPort(hostOf(addr), port)
}

func (e *Endpoints) issuerPath() string { return e.issuerURL().Path }

func (e *Endpoints) issuerHost() string { return e.issuerURL().Hostname() }

// issuerURL is the issuer, which was checked to be a URL.
func (e *Endpoints) issuerURL() *url.URL {
	u, err := url.Parse(e.Issuer)
	if err != nil {
		return new(url.URL)
	}
	return u
}
