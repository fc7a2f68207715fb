package authserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// maxAdminBody bounds the body of an administrator's request, in bytes.
const maxAdminBody = 64 << 10

// adminAllowed reports whether the admin endpoint may be reached at addr.
func (s *Server) adminAllowed(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return s.cfg.Admin == AdminOn || s.cfg.Admin == AdminLoopback && ok && tcp.IP.IsLoopback()
}

// admin changes the server while it runs. It has no authentication; requests
// that a browser sends for another site's page are refused, also if the site's
// name stands for this machine.
func (s *Server) admin() http.Handler {
	mux := http.NewServeMux()
	for pattern, endpoint := range map[string]http.HandlerFunc{
		"GET /faults":               s.getFaults,
		"PUT /faults":               s.changeFaults(s.faults.Put),
		"PATCH /faults":             s.changeFaults(s.faults.Patch),
		"DELETE /faults":            s.clearFaults,
		"POST /revocations":         s.revokeMany,
		"POST /keys":                s.rotateKey,
		"POST /nonces":              s.forgetNonces,
		"POST /clients/{id}/secret": s.rotateSecret,
		"GET /stats":                s.serveStats,
	} {
		mux.HandleFunc(pattern, endpoint)
	}
	return s.knownHosts(http.StripPrefix(adminPath, http.NewCrossOriginProtection().Handler(mux)))
}

// writeProblem says what is wrong with a request.
func writeProblem(w http.ResponseWriter, status int, problem string) {
	body, err := json.Marshal(map[string]string{"error": "invalid_request", "error_description": problem})
	if err != nil {
		body = []byte(`{"error":"invalid_request"}`)
	}
	writeJSON(w, status, append(body, '\n'))
}

// readAdmin reads the body of a request, and answers where that fails.
func readAdmin(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAdminBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		writeProblem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", maxAdminBody))
		return nil, false
	}
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "the body could not be read")
		return nil, false
	}
	return body, true
}

func (s *Server) getFaults(w http.ResponseWriter, _ *http.Request) {
	document, err := s.faults.Document()
	if err != nil {
		http.Error(w, "the faults could not be encoded", http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, append(document, '\n'))
}

// changeFaults answers with the document that is in force then.
func (s *Server) changeFaults(change func([]byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := readAdmin(w, r)
		if !ok {
			return
		}
		if err := change(body); err != nil {
			writeProblem(w, http.StatusBadRequest, err.Error())
			return
		}
		s.getFaults(w, r)
	}
}

func (s *Server) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}
