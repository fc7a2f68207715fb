package authserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// routes are the handlers of a port by path. A map is all that is needed, and
// costs less per request than http.ServeMux.
type routes struct {
	paths map[string]http.Handler
	api   http.Handler // for every path below apiPath; nil where the port has no API
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
	api := counted(&s.stats.api, s, s.cfg.APIMiddleware, s.api.serve)
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
	p.paths[base+"/token"] = counted(&s.stats.token, s, s.cfg.TokenMiddleware, s.serveToken)
	p.paths[base+"/introspect"] = http.HandlerFunc(s.serveIntrospection)
	p.paths[base+"/revoke"] = http.HandlerFunc(s.serveRevocation)
	keys, err := document(keySet(s.format), func() {})
	if err != nil {
		return err
	}
	p.paths[base+"/jwks"] = keys
	discovery, err := document(s.metadata(), func() { s.stats.discoveries.Add(1) })
	if err != nil {
		return err
	}
	for _, path := range metadataPaths(issuerPath) {
		p.paths[path] = discovery
	}
	return nil
}

func (s *Server) addStatus(p *routes) {
	p.paths[statsPath] = readOnly(s.serveStats)
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

// counted counts the arrivals at an endpoint, then lets the middleware see
// them.
func counted(l *load, s *Server, middleware []Middleware, endpoint http.HandlerFunc) http.Handler {
	var h http.Handler = endpoint
	for _, wrap := range slices.Backward(middleware) {
		h = wrap(h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.arrive(s.cfg.Now())
		defer l.leave()
		h.ServeHTTP(w, r)
	})
}
