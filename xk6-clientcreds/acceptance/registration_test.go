package acceptance

import "github.com/go-jose/go-jose/v4"

// registration is a client in the words of RFC 7591 §2, and in two that Hydra has of its own.
type registration struct {
	ID         string             `json:"client_id"`
	Secret     string             `json:"client_secret,omitempty"`
	GrantTypes []string           `json:"grant_types"`
	AuthMethod string             `json:"token_endpoint_auth_method"`
	AuthAlg    string             `json:"token_endpoint_auth_signing_alg,omitempty"`
	JWKS       jose.JSONWebKeySet `json:"jwks,omitzero"`
	SANDNS     string             `json:"tls_client_auth_san_dns,omitempty"` // RFC 8705 §2.1.2
	CertBound  bool               `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	DPoPBound  bool               `json:"dpop_bound_access_tokens,omitempty"` // RFC 9449 §5.2
	// whether it may exchange tokens, where a server asks
	Exchange    bool     `json:"-"`
	Scope       string   `json:"scope"`
	Details     []string `json:"authorization_details_types,omitempty"` // RFC 9396 §10
	Audience    []string `json:"audience,omitempty"`                    // what its tokens may be for
	TokenFormat string   `json:"access_token_strategy,omitempty"`       // opaque or jwt
}

// registrations returns the clients of rows, each once.
func registrations(rows []interopRow) []registration {
	var all []registration
	seen := make(map[string]bool)
	for _, row := range rows {
		r := row.client
		if !seen[r.ID] {
			seen[r.ID] = true
			r.GrantTypes, r.Scope = []string{"client_credentials"}, interopScope
			all = append(all, r)
		}
	}
	return all
}
