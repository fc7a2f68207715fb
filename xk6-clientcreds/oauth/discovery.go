package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Metadata is what an authorization server says of itself (RFC 8414 §2).
type Metadata struct {
	Issuer                string   `json:"issuer"`
	TokenEndpoint         string   `json:"token_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	IntrospectionEndpoint string   `json:"introspection_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	GrantTypes            []string `json:"grant_types_supported"`
	// TokenEndpointAuthMethods is client_secret_basic alone where the server does not say.
	TokenEndpointAuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	// DPoPAlgorithms are those of DPoP proofs; none where the server does not support DPoP (RFC 9449 §5.1).
	DPoPAlgorithms []string `json:"dpop_signing_alg_values_supported"`
	// MTLSEndpointAliases are endpoints for clients that show a certificate (RFC 8705 §5).
	MTLSEndpointAliases MTLSEndpointAliases `json:"mtls_endpoint_aliases"`
	// CertificateBoundTokens says that the server can bind tokens to the client's certificate (RFC
	// 8705 §3.3).
	CertificateBoundTokens bool `json:"tls_client_certificate_bound_access_tokens"`
}

// CheckIssuer finds what is wrong with an issuer identifier (RFC 8414 §2): an http or https URL
// without query and fragment.
func CheckIssuer(issuer string) error {
	u, err := checkURL("issuer", issuer)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return fmt.Errorf("option %q has a query, which an issuer must not have (RFC 8414 §2)", "issuer")
	}
	return nil
}

// wellKnown returns where the metadata of an issuer can be: RFC 8414 §3.1 puts the well-known
// segment between host and path, OpenID Connect Discovery 1.0 §4 appends it.
func wellKnown(issuer *url.URL) []string {
	path := strings.TrimSuffix(issuer.EscapedPath(), "/")
	origin := issuer.Scheme + "://" + issuer.Host
	return []string{
		origin + "/.well-known/oauth-authorization-server" + path,
		origin + path + "/.well-known/openid-configuration",
	}
}

// Discover fetches the metadata of issuer. The document must be about exactly this issuer (RFC
// 8414 §3.3) and name a token endpoint. The error is an *Error with what each place answered.
func Discover(ctx context.Context, do Doer, issuer string) (*Metadata, error) {
	if err := CheckIssuer(issuer); err != nil {
		return nil, &Error{Code: CodeDiscovery, Description: err.Error()}
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, &Error{Code: CodeDiscovery, Description: "the issuer is not a URL"}
	}
	failure := &Error{Code: CodeDiscovery}
	var texts []string
	for _, place := range wellKnown(u) {
		doc, err := fetchDocument(ctx, do, place)
		if transport := (*Error)(nil); errors.As(err, &transport) {
			return nil, transport // the other place is on the same host
		}
		if err == nil {
			var m *Metadata
			if m, err = parseMetadata(doc.body, issuer); err == nil {
				return m, nil
			}
		}
		texts = append(texts, fmt.Sprintf("%s: %s", place, err))
		if !failure.Retryable() { // a server in trouble counts more than a place without a document
			failure.Status, failure.RetryAfter = doc.status, doc.retryAfter
		}
	}
	failure.Description = "no metadata of the issuer: " + strings.Join(texts, "; ")
	return nil, failure
}

// document is the answer of a place where a document can be.
type document struct {
	status     int
	retryAfter time.Duration
	body       []byte
}

// fetchDocument gets the JSON document at place. Where there was no answer the error is an *Error.
func fetchDocument(ctx context.Context, do Doer, place string) (document, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place, http.NoBody)
	if err != nil {
		return document{}, TransportError(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := do(req)
	if err != nil {
		return document{}, sendError(ctx, err)
	}
	defer resp.Body.Close() // read to its end, or given up
	doc := document{status: resp.StatusCode, retryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	doc.body, err = readBody(resp)
	switch {
	case errors.As(err, new(unreadableError)):
		return doc, err
	case err != nil:
		return doc, sendError(ctx, err)
	case resp.StatusCode != http.StatusOK:
		return doc, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	return doc, nil
}

// parseMetadata checks a metadata document.
func parseMetadata(body []byte, issuer string) (*Metadata, error) {
	m := new(Metadata)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, errors.New("not a JSON object of the right shape")
	}
	if m.Issuer != issuer {
		return nil, fmt.Errorf("the document is about issuer %q, not %q; they must be equal to the letter (RFC 8414 §3.3)",
			printable(m.Issuer, maxDescription), issuer)
	}
	endpoint, err := checkURL("token_endpoint", m.TokenEndpoint)
	switch {
	case err != nil:
		return nil, errors.New("the document has no usable token_endpoint")
	case endpoint.Scheme == "http" && strings.HasPrefix(strings.ToLower(issuer), "https:"):
		return nil, errors.New("the document of an https issuer has an http token_endpoint, " +
			"to which credentials would go in the clear (RFC 6749 §3.2)")
	}
	if len(m.TokenEndpointAuthMethods) == 0 {
		m.TokenEndpointAuthMethods = []string{"client_secret_basic"}
	}
	return m, nil
}

// KeySetURL is where the keys are that the server signs with.
func (m *Metadata) KeySetURL() (string, error) {
	switch {
	case m.JWKSURI == "":
		return "", errors.New("the metadata of the issuer has no jwks_uri")
	case strings.HasPrefix(strings.ToLower(m.Issuer), "https:") && !strings.HasPrefix(strings.ToLower(m.JWKSURI), "https:"):
		return "", errors.New("the metadata of an https issuer has an http jwks_uri, whose keys anybody on the way could change")
	}
	return m.JWKSURI, nil
}
