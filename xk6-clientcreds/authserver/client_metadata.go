package authserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// clientMetadata holds the description of a client in its registration (RFC 7591 §2, RFC 8705 §2.1.2, RFC 9396 §10,
// RFC 9449 §5.2), and what the server has made of it in the answer.
type clientMetadata struct {
	Name          string              `json:"client_name,omitempty"`
	AuthMethod    string              `json:"token_endpoint_auth_method"`
	GrantTypes    []string            `json:"grant_types"`
	ResponseTypes []string            `json:"response_types"`
	Scope         string              `json:"scope,omitempty"`
	JWKS          *jose.JSONWebKeySet `json:"jwks,omitempty"`
	JWKSURI       string              `json:"jwks_uri,omitempty"`
	SubjectDN     string              `json:"tls_client_auth_subject_dn,omitempty"`
	SubjectDNS    string              `json:"tls_client_auth_san_dns,omitempty"`
	SubjectURI    string              `json:"tls_client_auth_san_uri,omitempty"`
	SubjectIP     string              `json:"tls_client_auth_san_ip,omitempty"`
	SubjectEmail  string              `json:"tls_client_auth_san_email,omitempty"`
	DPoPBound     bool                `json:"dpop_bound_access_tokens,omitempty"`
	DetailTypes   []string            `json:"authorization_details_types,omitempty"`
}

// complete fills in what a registration leaves out, and checks the rest. The default grant type of RFC 7591 is not
// one that this server has, so client_credentials takes its place.
func (m *clientMetadata) complete(s *Server) error {
	setDefault(&m.AuthMethod, "client_secret_basic")
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{grantClientCredentials}
	}
	if len(m.ResponseTypes) > 0 {
		return errors.New("response_types must be empty: this server has no authorization endpoint")
	}
	m.ResponseTypes = []string{}
	offered := s.scopes()
	if m.Scope = strings.Join(strings.Fields(m.Scope), " "); m.Scope == "" {
		m.Scope = strings.Join(offered, " ")
	}
	for _, token := range strings.Fields(m.Scope) {
		if !slices.Contains(offered, token) {
			return fmt.Errorf("scope: it must be among the scopes_supported of this server: %s", strings.Join(offered, " "))
		}
	}
	if methods := s.offeredMethods(); !slices.Contains(methods, m.AuthMethod) {
		return fmt.Errorf("token_endpoint_auth_method must be one of %s", strings.Join(methods, ", "))
	}
	if m.JWKSURI != "" {
		return errors.New("jwks_uri is not supported; send the keys as jwks")
	}
	if keys := m.JWKS != nil && len(m.JWKS.Keys) > 0; !keys && !m.usesSecret() && m.AuthMethod != methodTLS {
		return fmt.Errorf("%s needs jwks with the client's public key", m.AuthMethod)
	}
	if subject := m.client("", secret.Text{}).Subject; m.AuthMethod == methodTLS && subject.given() == 0 {
		return fmt.Errorf("%s needs one of %s", methodTLS, subjectMembers)
	}
	return nil
}

// usesSecret says that the client authenticates by a secret, which the server makes.
func (m *clientMetadata) usesSecret() bool { return strings.HasPrefix(m.AuthMethod, "client_secret") }

// client returns the client that the metadata describe.
func (m *clientMetadata) client(id string, password secret.Text) Client {
	c := Client{
		ID: id, Secret: password, Scope: m.Scope, GrantTypes: m.GrantTypes, AuthMethod: m.AuthMethod,
		DPoPBound: m.DPoPBound, DetailTypes: m.DetailTypes,
		Subject: CertificateSubject{
			DN: m.SubjectDN, DNS: m.SubjectDNS, URI: m.SubjectURI, IP: m.SubjectIP, Email: m.SubjectEmail,
		},
	}
	if m.JWKS != nil {
		c.JWKS = *m.JWKS
	}
	return c
}
