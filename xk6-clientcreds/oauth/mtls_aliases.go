package oauth

// MTLSEndpointAliases are the endpoints that a server has at another place for clients that show a
// certificate, mostly because there the handshake asks for one (RFC 8705 §5). Those that are empty
// are at the usual place.
type MTLSEndpointAliases struct {
	TokenEndpoint         string
	IntrospectionEndpoint string
	RevocationEndpoint    string
}

// ForCertificate is m for a client that shows a certificate: an endpoint that has an alias is at
// the alias (RFC 8705 §5). The error is an *Error.
func (m *Metadata) ForCertificate() (*Metadata, error) {
	aliased := *m
	for _, e := range []struct {
		member, alias string
		endpoint      *string
	}{
		{"token_endpoint", m.MTLSEndpointAliases.TokenEndpoint, &aliased.TokenEndpoint},
		{"introspection_endpoint", m.MTLSEndpointAliases.IntrospectionEndpoint, &aliased.IntrospectionEndpoint},
		{"revocation_endpoint", m.MTLSEndpointAliases.RevocationEndpoint, &aliased.RevocationEndpoint},
	} {
		if e.alias == "" {
			continue
		}
		u, problem := parseEndpoint(e.alias)
		if problem != "" || u.Scheme != "https" {
			return nil, &Error{Code: CodeDiscovery, Description: "the document has no usable " + e.member + " in mtls_endpoint_aliases, " +
				"which must be an absolute https URL (RFC 8705 §5)"}
		}
		*e.endpoint = e.alias
	}
	return &aliased, nil
}
