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
)

// readOrder reads the members of an order strictly. Without a body there are
// none.
func readOrder(w http.ResponseWriter, r *http.Request, order any, members string) bool {
	body, ok := readAdmin(w, r)
	if !ok {
		return false
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return true
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(order)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return true
		}
	}
	// The decoder's own words could quote a secret.
	problem := "want one JSON object, with no other members than " + members
	if members == "" {
		problem = "want no body, or an empty JSON object"
	}
	writeProblem(w, http.StatusBadRequest, problem)
	return false
}

// orderDuration reads a duration of an order, 0 where it has none.
func orderDuration(w http.ResponseWriter, member, value string) (time.Duration, bool) {
	if value == "" {
		return 0, true
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		writeProblem(w, http.StatusBadRequest, fmt.Sprintf(`%s: %q, want a duration such as "30s"`, member, value))
		return 0, false
	}
	return d, true
}

// revokeMany revokes the tokens that have been issued so far: all, those of
// one client, or a share.
func (s *Server) revokeMany(w http.ResponseWriter, r *http.Request) {
	order := struct {
		Client string   `json:"client"`
		Share  *float64 `json:"share"`
	}{}
	if !readOrder(w, r, &order, "client, share") {
		return
	}
	share := 1.0
	if order.Share != nil {
		share = *order.Share
	}
	if share <= 0 || share > 1 {
		writeProblem(w, http.StatusBadRequest, fmt.Sprintf("share: %v, want a number above 0, 1 at most", share))
		return
	}
	var c *client
	if order.Client != "" {
		if c = s.clients.byID[order.Client]; c == nil {
			writeProblem(w, http.StatusNotFound, fmt.Sprintf("client: %q is not registered", order.Client))
			return
		}
	}
	if err := s.cutoffs.add(c, share); err != nil {
		writeProblem(w, http.StatusConflict, err.Error())
		return
	}
	s.faults.CountServer(faults.TokensRevoked)
	w.WriteHeader(http.StatusNoContent)
}

// rotateKey makes a new signing key.
func (s *Server) rotateKey(w http.ResponseWriter, r *http.Request) {
	order := struct {
		Overlap string `json:"overlap"`
	}{}
	if !readOrder(w, r, &order, "overlap") {
		return
	}
	overlap, ok := orderDuration(w, "overlap", order.Overlap)
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
	if !readOrder(w, r, &struct{}{}, "") {
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
	order := struct {
		Secret string `json:"secret"`
		Grace  string `json:"grace"`
	}{}
	if !readOrder(w, r, &order, "secret, grace") {
		return
	}
	grace, ok := orderDuration(w, "grace", order.Grace)
	if !ok {
		return
	}
	id := r.PathValue("id")
	if s.clients.byID[id] == nil {
		writeProblem(w, http.StatusNotFound, fmt.Sprintf("client %q is not registered", id))
		return
	}
	generated := order.Secret == ""
	if generated {
		order.Secret = rand.Text() + rand.Text() // long enough for HS256 (RFC 7518 §3.2)
	}
	if err := s.RotateSecret(id, order.Secret, grace); err != nil {
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
	writeJSON(w, http.StatusOK, fmt.Appendf(nil, "{\"secret\":%q}\n", order.Secret))
}
