package command

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-jose/go-jose/v4"

	"go.k6.io/k6/v2/lib/fsext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// What a client is where nothing else is said.
const (
	defaultClientID = "demo"
	defaultScope    = "orders.read orders.write"
)

// registration is a client and where its secret is from.
type registration struct {
	authserver.Client

	generated bool   // the secret was made here: nobody else knows it yet
	keyFile   string // of the private key that --client-key names, or of the certificate

	certificateFile string // that --client-certificate names
}

// clients returns the clients to register. The first is the one that scripts
// use unless they use them all.
func (s *serve) clients() ([]registration, error) {
	list, err := s.clientsOfFlags()
	if err != nil {
		return nil, err
	}
	if err := s.addClientKey(list); err != nil {
		return nil, err
	}
	return list, s.addClientCertificate(list)
}

// clientsOfFlags returns as many clients as are to be generated, or those of the
// file, then those of the flags, or the one of the environment.
func (s *serve) clientsOfFlags() ([]registration, error) {
	if s.flags.set.Changed("client-count") {
		return s.generatedClients()
	}
	list, err := s.clientsOfFile()
	if err != nil {
		return nil, err
	}
	for _, id := range s.flags.clientIDs {
		list = append(list, s.clientOfEnvironment(id))
	}
	if s.flags.clientsFile == "" && len(list) == 0 {
		list = append(list, s.clientOfEnvironment(s.env("CLIENT_ID", defaultClientID)))
	}
	if len(list) == 0 {
		return nil, invalidf("--clients %s: the file has no client, want at least one", s.flags.clientsFile)
	}
	return list, nil
}

func (s *serve) clientOfEnvironment(id string) registration {
	c := authserver.Client{ID: id, Secret: s.env("CLIENT_SECRET", ""), Scope: s.env("SCOPE", defaultScope), GrantTypes: authserver.GrantTypes}
	generated := c.Secret == ""
	if generated {
		c.Secret = newSecret()
	}
	return registration{Client: c, generated: generated}
}

// newSecret is long enough for client_secret_jwt with HS256 (RFC 7518 §3.2).
func newSecret() string { return rand.Text() + rand.Text() }

func (s *serve) env(name, fallback string) string {
	if v := s.gs.Env[name]; v != "" {
		return v
	}
	return fallback
}

func (s *serve) clientsOfFile() ([]registration, error) {
	path := s.flags.clientsFile
	if path == "" {
		return nil, nil
	}
	content, err := fsext.ReadFile(s.gs.FS, path)
	if err != nil {
		return nil, invalidf("--clients: %w", err)
	}
	clients, err := parseClients(content)
	if err != nil {
		return nil, invalidf("--clients %s: %w", path, err)
	}
	list := make([]registration, len(clients))
	for i, c := range clients {
		list[i] = registration{Client: c}
	}
	return list, nil
}

// clientEntry is a client in the file. The names are those of RFC 7591 §2 and RFC 9449 §5.2, so
// that the file is one that a ClientPool reads as well; ttl is ours.
type clientEntry struct {
	ID         string             `json:"client_id"`
	Secret     string             `json:"client_secret"`
	JWKS       jose.JSONWebKeySet `json:"jwks"`
	Scope      string             `json:"scope"`
	TTL        string             `json:"ttl"`
	GrantTypes []string           `json:"grant_types"`
	AuthMethod string             `json:"token_endpoint_auth_method"`
	DPoPBound  bool               `json:"dpop_bound_access_tokens"`    // RFC 9449 §5.2
	Details    []string           `json:"authorization_details_types"` // RFC 9396 §10
	// Of a client that authenticates by a certificate, RFC 8705 §2.1.2.
	SubjectDN string `json:"tls_client_auth_subject_dn"`
	SANDNS    string `json:"tls_client_auth_san_dns"`
	SANURI    string `json:"tls_client_auth_san_uri"`
	SANIP     string `json:"tls_client_auth_san_ip"`
	SANEmail  string `json:"tls_client_auth_san_email"`
}

const clientKeys = "client_id, client_secret, jwks, scope, ttl, grant_types, token_endpoint_auth_method, dpop_bound_access_tokens, authorization_details_types, " +
	"tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email"

// parseClients reads a JSON array of clients. A key that is unknown is an
// error: a misspelt one would be a setting that silently does nothing.
func parseClients(content []byte) ([]authserver.Client, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	var entries []clientEntry
	if err := decoder.Decode(&entries); err != nil {
		return nil, fmt.Errorf("%w; want a JSON array of objects with %s", err, clientKeys)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the array of clients; want one array")
	}
	clients := make([]authserver.Client, len(entries))
	for i, e := range entries {
		c := authserver.Client{
			ID: e.ID, Secret: e.Secret, JWKS: e.JWKS, Scope: e.Scope, GrantTypes: e.GrantTypes, AuthMethod: e.AuthMethod,
			DPoPBound: e.DPoPBound, DetailTypes: e.Details,
			Subject: authserver.CertificateSubject{DN: e.SubjectDN, DNS: e.SANDNS, URI: e.SANURI, IP: e.SANIP, Email: e.SANEmail},
		}
		if e.TTL != "" {
			var ttl duration
			if err := ttl.Set(e.TTL); err != nil {
				return nil, fmt.Errorf("client number %d: ttl is %q: %w", i+1, e.TTL, err)
			}
			c.TTL = time.Duration(ttl)
		}
		clients[i] = c
	}
	return clients, nil
}
