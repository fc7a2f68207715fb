package authserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// metadata is the authorization server metadata, RFC 8414 §2.
type metadata struct {
	Issuer        string   `json:"issuer"`
	TokenEndpoint string   `json:"token_endpoint"`
	JWKSURI       string   `json:"jwks_uri,omitempty"`
	Registration  string   `json:"registration_endpoint,omitempty"`
	Scopes        []string `json:"scopes_supported,omitempty"`
	// RFC 9396 §10
	DetailTypes []string `json:"authorization_details_types_supported,omitempty"`
	// required, and empty: no authorization endpoint
	ResponseTypes               []string                  `json:"response_types_supported"`
	GrantTypes                  []string                  `json:"grant_types_supported"`
	TokenAuthMethods            []string                  `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgorithms         []jose.SignatureAlgorithm `json:"token_endpoint_auth_signing_alg_values_supported"`
	DPoPAlgorithms              []jose.SignatureAlgorithm `json:"dpop_signing_alg_values_supported"` // RFC 9449 §5.1
	RevocationEndpoint          string                    `json:"revocation_endpoint"`
	RevocationAuthMethods       []string                  `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAuthAlgorithms    []jose.SignatureAlgorithm `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	IntrospectionEndpoint       string                    `json:"introspection_endpoint"`
	IntrospectionAuthMethods    []string                  `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectionAuthAlgorithms []jose.SignatureAlgorithm `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	// RFC 8705 §3.3
	CertificateBoundTokens bool                 `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	MTLSEndpointAliases    *mtlsEndpointAliases `json:"mtls_endpoint_aliases,omitempty"`
}

// mtlsEndpointAliases are the endpoints for clients with certificates, RFC 8705
// §5. They are the usual ones.
type mtlsEndpointAliases struct {
	TokenEndpoint         string `json:"token_endpoint"`
	IntrospectionEndpoint string `json:"introspection_endpoint"`
	RevocationEndpoint    string `json:"revocation_endpoint"`
}

func (s *Server) metadata() metadata {
	algorithms, methods := slices.Concat(secretAlgorithms, keyAlgorithms), s.offeredMethods()
	methods = slices.DeleteFunc(methods, func(name string) bool { return !s.profile.accepts(name) })
	m := metadata{
		Issuer:                      s.endpoints.Issuer,
		TokenEndpoint:               s.endpoints.Token,
		Registration:                s.endpoints.Registration,
		Scopes:                      s.scopes(),
		DetailTypes:                 s.detailTypes(),
		ResponseTypes:               []string{},
		GrantTypes:                  GrantTypes,
		TokenAuthMethods:            methods,
		TokenAuthAlgorithms:         algorithms,
		DPoPAlgorithms:              keyAlgorithms,
		RevocationEndpoint:          s.endpoints.Revocation,
		RevocationAuthMethods:       methods,
		RevocationAuthAlgorithms:    algorithms,
		IntrospectionEndpoint:       s.endpoints.Introspection,
		IntrospectionAuthMethods:    methods,
		IntrospectionAuthAlgorithms: algorithms,
	}
	if s.cfg.TokenFormat == JWT {
		m.JWKSURI = s.endpoints.JWKS
	}
	if s.asksCertificates {
		m.CertificateBoundTokens = true
		m.MTLSEndpointAliases = &mtlsEndpointAliases{s.endpoints.Token, s.endpoints.Introspection, s.endpoints.Revocation}
	}
	return m
}

// scopes returns all the scope tokens that some client may have.
func (s *Server) scopes() []string {
	var all []string
	for _, c := range s.clients.list {
		all = append(all, c.scopes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// metadataPaths are the places of the document for an issuer with this path:
// RFC 8414 §3.1 inserts the well-known segment between host and path, OpenID
// Connect Discovery 1.0 §4 appends it, and clients of both kinds do it with
// both names (RFC 8414 §5).
func metadataPaths(issuerPath string) []string {
	const (
		rfc8414 = "/.well-known/oauth-authorization-server"
		openID  = "/.well-known/openid-configuration"
	)
	issuerPath = strings.TrimSuffix(issuerPath, "/")
	if issuerPath == "" {
		return []string{rfc8414, openID}
	}
	return []string{rfc8414 + issuerPath, openID + issuerPath, issuerPath + rfc8414, issuerPath + openID}
}

// document serves a JSON document that does not change.
func document(value any) (http.Handler, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("authserver: %T: %w", value, err)
	}
	return readOnly(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = headerJSON
		_, _ = w.Write(body) // the client has gone: nobody is left to tell
	}), nil
}

// readOnly lets GET and HEAD requests through.
func readOnly(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD are allowed here", http.StatusMethodNotAllowed)
			return
		}
		next(w, r)
	})
}
