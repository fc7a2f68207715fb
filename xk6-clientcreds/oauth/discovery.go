package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Metadata describes an authorization server in its own words (RFC 8414 §2).
type Metadata struct {
	Issuer                string
	TokenEndpoint         string
	JWKSURI               string
	IntrospectionEndpoint string
	RevocationEndpoint    string
	RegistrationEndpoint  string // RFC 7591 §3
	GrantTypes            []string
	// TokenEndpointAuthMethods is client_secret_basic alone where the server does not say.
	TokenEndpointAuthMethods []string
	// DPoPAlgorithms are the algorithms of DPoP proofs; none if the server does not support DPoP (RFC 9449 §5.1).
	DPoPAlgorithms []string
	// MTLSEndpointAliases are endpoints for clients that show a certificate (RFC 8705 §5).
	MTLSEndpointAliases MTLSEndpointAliases
	// CertificateBoundTokens says that the server can bind tokens to the client's certificate (RFC
	// 8705 §3.3).
	CertificateBoundTokens bool
}

// CheckIssuer returns an error for an unusable issuer identifier (RFC 8414 §2), which must be an http or https URL
// without query and fragment.
func CheckIssuer(issuer string) error {
	u, err := checkURL(FieldIssuer, issuer)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return configError(FieldIssuer, "must not contain a query (RFC 8414 §2); remove it")
	}
	return nil
}

// WellKnownURLs returns the two URLs at which the metadata of issuer can be, in the order in which Discover
// tries them: RFC 8414 §3.1 puts the well-known segment between host and path, and OpenID Connect Discovery
// 1.0 §4 appends it.
func WellKnownURLs(issuer string) ([]string, error) {
	if err := CheckIssuer(issuer); err != nil {
		return nil, err
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	origin := u.Scheme + "://" + u.Host
	return []string{
		origin + "/.well-known/oauth-authorization-server" + path,
		origin + path + "/.well-known/openid-configuration",
	}, nil
}

// Discover fetches the metadata of issuer. The document must be about exactly this issuer (RFC
// 8414 §3.3) and name a token endpoint. The error is an *Error with the answer of each URL.
func Discover(ctx context.Context, do Doer, issuer string) (*Metadata, error) {
	urls, err := WellKnownURLs(issuer)
	if err != nil {
		return nil, &Error{Code: CodeDiscovery, Description: err.Error()}
	}
	failure := &Error{Code: CodeDiscovery}
	var texts []string
	for _, address := range urls {
		doc, err := fetchDocument(ctx, do, address)
		if transport := (*Error)(nil); errors.As(err, &transport) {
			return nil, transport // the other URL is on the same host
		}
		if err == nil {
			var m *Metadata
			if m, err = parseMetadata(doc.body, issuer); err == nil {
				return m, nil
			}
		}
		texts = append(texts, fmt.Sprintf("%s: %s", address, err))
		if !failure.Retryable() { // a server in trouble matters more than a URL without a document
			failure.Status, failure.RetryAfter = doc.status, doc.retryAfter
		}
	}
	failure.Description = "no metadata of the issuer: " + strings.Join(texts, "; ")
	return nil, failure
}

// readMetadata takes from a document what is known of it. Issuer and token endpoint must be right, and
// are checked by parseMetadata; whatever else is of the wrong type counts as missing.
func readMetadata(document object) *Metadata {
	aliases := document.object("mtls_endpoint_aliases")
	return &Metadata{
		Issuer:                   document.text("issuer"),
		TokenEndpoint:            document.text("token_endpoint"),
		JWKSURI:                  document.text("jwks_uri"),
		IntrospectionEndpoint:    document.text("introspection_endpoint"),
		RevocationEndpoint:       document.text("revocation_endpoint"),
		RegistrationEndpoint:     document.text("registration_endpoint"),
		GrantTypes:               document.list("grant_types_supported"),
		TokenEndpointAuthMethods: document.list("token_endpoint_auth_methods_supported"),
		DPoPAlgorithms:           document.list("dpop_signing_alg_values_supported"),
		CertificateBoundTokens:   document.flag("tls_client_certificate_bound_access_tokens"),
		MTLSEndpointAliases: MTLSEndpointAliases{
			TokenEndpoint:         aliases.text("token_endpoint"),
			IntrospectionEndpoint: aliases.text("introspection_endpoint"),
			RevocationEndpoint:    aliases.text("revocation_endpoint"),
		},
	}
}

// parseMetadata checks a metadata document.
func parseMetadata(body []byte, issuer string) (*Metadata, error) {
	document, ok := parseObject(trimBOM(body))
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	m := readMetadata(document)
	switch m.Issuer {
	case issuer:
	case "":
		return nil, errors.New("the document has no issuer (RFC 8414 §2)")
	default:
		return nil, fmt.Errorf("the document is about issuer %q, not %q; they must be equal to the letter (RFC 8414 §3.3)",
			Printable(m.Issuer, maxDescription), issuer)
	}
	if err := m.CheckEndpoint("token_endpoint", m.TokenEndpoint); err != nil {
		return nil, err
	}
	if len(m.TokenEndpointAuthMethods) == 0 {
		m.TokenEndpointAuthMethods = []string{"client_secret_basic"}
	}
	return m, nil
}

// CheckEndpoint returns an error for an unusable URL of an endpoint, which a member of m names.
func (m *Metadata) CheckEndpoint(member, address string) error {
	u, problem := parseEndpoint(address)
	switch {
	case problem != "":
		return errors.New("the document has no usable " + member)
	case u.Scheme == "http" && m.secure():
		return fmt.Errorf("the document of an https issuer has an http %s, "+
			"to which credentials would go in the clear (RFC 6749 §3.2)", member)
	}
	return nil
}

// secure reports whether m is about an https issuer.
func (m *Metadata) secure() bool { return strings.HasPrefix(strings.ToLower(m.Issuer), "https:") }

// KeySetURL is where the keys are that the server signs with.
func (m *Metadata) KeySetURL() (string, error) {
	_, problem := parseEndpoint(m.JWKSURI)
	switch {
	case m.JWKSURI == "":
		return "", errors.New("the metadata of the issuer has no jwks_uri")
	case problem != "":
		return "", errors.New("the metadata of the issuer has no usable jwks_uri: it " + problem)
	case m.secure() && !strings.HasPrefix(strings.ToLower(m.JWKSURI), "https:"):
		return "", errors.New("the metadata of an https issuer has an http jwks_uri, whose keys anybody on the way could " +
			"change")
	}
	return m.JWKSURI, nil
}

// DiscoverFrom is Discover for one of the WellKnownURLs alone.
func DiscoverFrom(ctx context.Context, do Doer, address, issuer string) (*Metadata, error) {
	doc, err := fetchDocument(ctx, do, address)
	if err != nil {
		return nil, err
	}
	return parseMetadata(doc.body, issuer)
}

// MTLSEndpointAliases are the URLs of endpoints for clients that show a certificate, mostly because only
// there the handshake asks for one (RFC 8705 §5). An empty alias means the usual URL.
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
			return nil, &Error{Code: CodeDiscovery, Description: "the document has no usable " + e.member +
				" in mtls_endpoint_aliases, " +
				"which must be an absolute https URL (RFC 8705 §5)"}
		}
		*e.endpoint = e.alias
	}
	return &aliased, nil
}
