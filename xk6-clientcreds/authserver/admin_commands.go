package authserver

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// readCommand reads the members of a command strictly. A command without a body has
// none.
func readCommand(w http.ResponseWriter, r *http.Request, command any, members string) bool {
	body, ok := readAdmin(w, r)
	if !ok {
		return false
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return true
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(command)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return true
		}
	}
	// The decoder's own words could quote a secret.
	problem := "the body must be one JSON object, with no other members than " + members
	if members == "" {
		problem = "the body must be empty, or an empty JSON object"
	}
	writeProblem(w, http.StatusBadRequest, problem)
	return false
}

// commandDuration reads a duration of a command, 0 where it has none.
func commandDuration(w http.ResponseWriter, member, value string) (time.Duration, bool) {
	if value == "" {
		return 0, true
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		writeProblem(w, http.StatusBadRequest, fmt.Sprintf(`%s is %q; it must be a duration such as "30s"`, member, value))
		return 0, false
	}
	return d, true
}

// revokeMany revokes the tokens that have been issued so far: all, the tokens of
// one client, or a share.
func (s *Server) revokeMany(w http.ResponseWriter, r *http.Request) {
	command := struct {
		Client string   `json:"client"`
		Share  *float64 `json:"share"`
	}{}
	if !readCommand(w, r, &command, "client, share") {
		return
	}
	share := 1.0
	if command.Share != nil {
		share = *command.Share
	}
	if share <= 0 || share > 1 {
		writeProblem(w, http.StatusBadRequest, fmt.Sprintf("share is %v; it must be a number above 0, at most 1", share))
		return
	}
	var c *client
	if command.Client != "" {
		if c = s.clients.find(command.Client); c == nil {
			writeProblem(w, http.StatusNotFound, fmt.Sprintf("client: %q is not registered", command.Client))
			return
		}
	}
	if err := s.bulkRevocations.add(c, share); err != nil {
		writeProblem(w, http.StatusConflict, err.Error())
		return
	}
	s.faults.CountServer(faults.TokensRevoked)
	w.WriteHeader(http.StatusNoContent)
}

// rotateKey makes a new signing key.
func (s *Server) rotateKey(w http.ResponseWriter, r *http.Request) {
	command := struct {
		Overlap string `json:"overlap"`
	}{}
	if !readCommand(w, r, &command, "overlap") {
		return
	}
	overlap, ok := commandDuration(w, "overlap", command.Overlap)
	if !ok {
		return
	}
	if err := s.RotateSigningKey(overlap); err != nil {
		writeProblem(w, http.StatusConflict, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// forgetNonces makes all nonces useless that were handed out for DPoP proofs.
func (s *Server) forgetNonces(w http.ResponseWriter, r *http.Request) {
	if !readCommand(w, r, &struct{}{}, "") {
		return
	}
	s.proofs.granting.forget()
	s.proofs.serving.forget()
	s.faults.CountServer(faults.NoncesForgotten)
	w.WriteHeader(http.StatusNoContent)
}

// rotateSecret replaces a client's secret, by a generated one where none is
// given. Only that one is in the answer.
func (s *Server) rotateSecret(w http.ResponseWriter, r *http.Request) {
	command := struct {
		Secret string `json:"secret"`
		Grace  string `json:"grace"`
	}{}
	if !readCommand(w, r, &command, "secret, grace") {
		return
	}
	grace, ok := commandDuration(w, "grace", command.Grace)
	if !ok {
		return
	}
	id := r.PathValue("id")
	if s.clients.find(id) == nil {
		writeProblem(w, http.StatusNotFound, fmt.Sprintf("client %q is not registered", id))
		return
	}
	generated := command.Secret == ""
	if generated {
		command.Secret = rand.Text() + rand.Text() // long enough for HS256 (RFC 7518 §3.2)
	}
	if err := s.RotateSecret(id, secret.New(command.Secret), grace); err != nil {
		problem := err.Error()
		if bad := (*ConfigError)(nil); errors.As(err, &bad) {
			problem = bad.Problem
		}
		writeProblem(w, http.StatusBadRequest, problem)
		return
	}
	s.faults.CountServer(faults.SecretRotated)
	if !generated {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusOK, fmt.Appendf(nil, "{\"secret\":%q}\n", command.Secret))
}
