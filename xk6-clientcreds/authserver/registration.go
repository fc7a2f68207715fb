package authserver

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// maxRegistration bounds the body of a registration, in bytes.
const maxRegistration = 64 << 10

// Errors of requests that are not from who may register or manage a client.
var (
	errInitialToken = invalidToken("the initial access token is missing or wrong")
	errManagerToken = invalidToken("the registration access token is wrong, or the client is not registered")
)

// addRegistration adds the registration endpoint (RFC 7591 §3) and the configuration endpoints of the clients that
// registered there (RFC 7592 §2).
func (s *Server) addRegistration(p *routes, base string) {
	if s.endpoints.Registration == "" {
		return
	}
	count := &s.stats.registrations
	p.paths[base+"/register"] = s.arriving(count, faults.Registration, http.HandlerFunc(s.serveRegistration))
	p.managedPath = base + "/register/"
	p.managed = s.arriving(count, faults.Registration, http.HandlerFunc(s.serveManagement))
}

// registrationResponse is the answer about a client, RFC 7591 §3.2.1 and RFC 7592 §3.
type registrationResponse struct {
	ID       string `json:"client_id"`
	IssuedAt int64  `json:"client_id_issued_at"`
	Secret   string `json:"client_secret,omitempty"`
	// SecretExpires is 0, because secrets do not expire. It is required with a secret.
	SecretExpires *int   `json:"client_secret_expires_at,omitempty"`
	Manager       string `json:"registration_access_token"`
	URI           string `json:"registration_client_uri"`
	clientMetadata
}

func (s *Server) serveRegistration(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "only POST is allowed here", http.StatusMethodNotAllowed)
		return
	}
	if !s.mayRegister(r) {
		errInitialToken.write(w, r)
		return
	}
	metadata, size, err := readRegistration(w, r)
	if err == nil {
		err = metadata.complete(s)
	}
	if err != nil {
		refuseMetadata(w, err)
		return
	}
	var password secret.Text
	if metadata.usesSecret() {
		password = secret.New(rand.Text() + rand.Text()) // long enough for client_secret_jwt with HS256 (RFC 7518 §3.2)
	}
	described := metadata.client("dyn-"+rand.Text(), password)
	if err := checkClient(0, described); err != nil {
		refuseMetadata(w, err)
		return
	}
	manager := rand.Text()
	c := &registeredClient{
		metadata: metadata, issuedAt: s.cfg.Now().Unix(), manager: sha256.Sum256([]byte(manager)), bytes: size,
	}
	if !s.clients.registered.add(c, func(index int) *client { return newClient(index, described, s.cfg.TTL) }) {
		writeRegistrationError(w, http.StatusForbidden, "access_denied",
			"the server holds as many registered clients as it can; delete some")
		return
	}
	s.answerRegistration(w, http.StatusCreated, c, manager)
}

// mayRegister reports whether a request has the initial access token, where one is needed.
func (s *Server) mayRegister(r *http.Request) bool {
	if s.cfg.Registration == RegistrationOpen {
		return true
	}
	token, _, err := presentedToken(r)
	return err == nil && sameToken(token, sha256.Sum256([]byte(s.cfg.InitialAccessToken.Reveal())))
}

func sameToken(token string, hash [sha256.Size]byte) bool {
	got := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(got[:], hash[:]) == 1
}

// serveManagement reads, changes, and deletes a client (RFC 7592 §2).
func (s *Server) serveManagement(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	token, _, bad := presentedToken(r)
	c := s.clients.registered.lookUp(id)
	if bad != nil || c == nil || !sameToken(token, c.manager) {
		errManagerToken.write(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet:
		s.answerRegistration(w, http.StatusOK, c, token)
	case http.MethodPut:
		s.changeRegistration(w, r, c, token)
	case http.MethodDelete:
		s.clients.registered.remove(id)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, PUT, DELETE")
		http.Error(w, "only GET, PUT and DELETE are allowed here", http.StatusMethodNotAllowed)
	}
}

// changeRegistration replaces the metadata of a client (RFC 7592 §2.2). A secret stays what it is.
func (s *Server) changeRegistration(w http.ResponseWriter, r *http.Request, old *registeredClient, manager string) {
	metadata, size, err := readRegistration(w, r)
	if err == nil {
		err = metadata.complete(s)
	}
	password := secret.New(string(old.credentials.Load().secret))
	if metadata.usesSecret() && password.IsZero() {
		password = secret.New(rand.Text() + rand.Text())
	}
	described := metadata.client(old.id, password)
	if err == nil {
		err = checkClient(0, described)
	}
	if err != nil {
		refuseMetadata(w, err)
		return
	}
	c := &registeredClient{
		client:   newClient(old.index, described, s.cfg.TTL),
		metadata: metadata, issuedAt: old.issuedAt, manager: old.manager, bytes: size,
	}
	if !s.clients.registered.replace(c) {
		errManagerToken.write(w, r)
		return
	}
	s.answerRegistration(w, http.StatusOK, c, manager)
}

func (s *Server) answerRegistration(w http.ResponseWriter, status int, c *registeredClient, manager string) {
	response := registrationResponse{
		ID: c.id, IssuedAt: c.issuedAt, Manager: manager, clientMetadata: c.metadata,
		URI: s.endpoints.Registration + "/" + url.PathEscape(c.id),
	}
	if c.metadata.usesSecret() {
		response.Secret, response.SecretExpires = string(c.credentials.Load().secret), new(int)
	}
	body, err := json.Marshal(response) // #nosec G117 -- the answer is for who registered the client
	if err != nil {
		http.Error(w, "the client could not be encoded", http.StatusInternalServerError)
		return
	}
	writeJSON(w, status, body)
}

// readRegistration reads the metadata in the body of a request, and how many bytes they take.
func readRegistration(w http.ResponseWriter, r *http.Request) (m clientMetadata, size int, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return m, 0, fmt.Errorf("the body has more than %d bytes", maxRegistration)
	case err != nil:
		return m, 0, errors.New("the body could not be read")
	case !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) || !json.Valid(body):
		return m, 0, errors.New("the body must be a JSON object")
	case json.Unmarshal(body, &m) != nil:
		return m, 0, errors.New("a member of the metadata has the wrong type (RFC 7591 §2)")
	}
	return m, len(body), nil
}

// refuseMetadata says what is wrong with the metadata of a client, RFC 7591 §3.2.2.
func refuseMetadata(w http.ResponseWriter, err error) {
	problem := err.Error()
	if bad := (*ConfigError)(nil); errors.As(err, &bad) {
		problem = bad.Problem
	}
	writeRegistrationError(w, http.StatusBadRequest, "invalid_client_metadata", problem)
}

func writeRegistrationError(w http.ResponseWriter, status int, code, problem string) {
	body, err := json.Marshal(map[string]string{"error": code, "error_description": problem})
	if err != nil {
		body = []byte(`{"error":"invalid_client_metadata"}`)
	}
	writeJSON(w, status, body)
}
