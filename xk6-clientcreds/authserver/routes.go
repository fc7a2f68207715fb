package authserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

// routes are the handlers of a port by path. http.ServeMux would redirect paths such as /api/a//b, which the API under
// load takes as they are.
type routes struct {
	paths map[string]http.Handler
	api   http.Handler // for every path below apiPath; nil where the port has no API
	admin http.Handler // for every path below adminPath; nil where there is none

	// managed is for every path below the registration endpoint, which is at managedPath without the slash; nil where
	// there is none.
	managed     http.Handler
	managedPath string
}

func (p *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := p.paths[r.URL.Path]; h != nil {
		h.ServeHTTP(w, r)
		return
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, apiPath); ok && p.api != nil && (rest == "" || rest[0] == '/') {
		p.api.ServeHTTP(w, r)
		return
	}
	if p.admin != nil && strings.HasPrefix(r.URL.Path, adminPath+"/") {
		p.admin.ServeHTTP(w, r)
		return
	}
	if p.managed != nil && strings.HasPrefix(r.URL.Path, p.managedPath) {
		p.managed.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// handlers returns the handler of each port: one for both parts, or the
// authorization server's and the API's.
func (s *Server) handlers(split bool) ([]http.Handler, error) {
	auth := &routes{paths: make(map[string]http.Handler)}
	if err := s.addAuthorizationServer(auth); err != nil {
		return nil, err
	}
	s.addStatus(auth)
	if s.endpoints.Admin != "" {
		auth.admin = s.admin()
	}
	api := counted(&s.stats.api, s, faults.API, s.cfg.APIMiddleware, s.api.serve)
	if !split {
		auth.api = api
		return []http.Handler{auth}, nil
	}
	own := &routes{paths: make(map[string]http.Handler), api: api}
	s.addStatus(own)
	return []http.Handler{auth, own}, nil
}

func (s *Server) addAuthorizationServer(p *routes) error {
	issuerPath := s.endpoints.issuerPath()
	base := strings.TrimSuffix(issuerPath, "/")
	p.paths[s.tokenPath()] = s.profile.throttling(
		counted(&s.stats.token, s, faults.Token, s.cfg.TokenMiddleware, s.serveToken))
	p.paths[base+"/introspect"] = s.arriving(&s.stats.introspections, faults.Introspection,
		http.HandlerFunc(s.serveIntrospection))
	p.paths[base+"/revoke"] = s.arriving(&s.stats.revocations, faults.Revocation, http.HandlerFunc(s.serveRevocation))
	p.paths[base+"/jwks"] = s.faults.Wrap(faults.JWKS, readOnly(s.serveKeys))
	s.addRegistration(p, base)
	published, err := document(s.metadata())
	if err != nil {
		return err
	}
	discovery := s.arriving(&s.stats.discoveries, faults.Metadata, published)
	for _, path := range s.metadataPaths() {
		p.paths[path] = discovery
	}
	return nil
}

func (s *Server) addStatus(p *routes) {
	p.paths[statsPath] = s.knownHosts(readOnly(s.serveStats))
	p.paths[healthPath] = readOnly(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, []byte(`{"status":"ok"}`))
	})
}

func (s *Server) serveStats(w http.ResponseWriter, _ *http.Request) {
	body, err := json.MarshalIndent(s.Stats(), "", "  ")
	if err != nil {
		http.Error(w, "the counters could not be encoded", http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, append(body, '\n'))
}

// arriving counts the arrivals at an endpoint, then lets its faults see them.
func (s *Server) arriving(count *atomic.Int64, e faults.Endpoint, endpoint http.Handler) http.Handler {
	h := s.faults.Wrap(e, endpoint)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		h.ServeHTTP(w, r)
	})
}

// counted counts the arrivals at an endpoint, then lets its faults and the
// middleware see them.
func counted(l *arrivals, s *Server, e faults.Endpoint, middleware []Middleware,
	endpoint http.HandlerFunc,
) http.Handler {
	var h http.Handler = endpoint
	for _, wrap := range slices.Backward(middleware) {
		h = wrap(h)
	}
	h = s.faults.Wrap(e, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.arrive(s.wall())
		defer l.leave()
		h.ServeHTTP(w, r)
	})
}
