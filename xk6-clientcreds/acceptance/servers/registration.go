package servers

import (
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Answer is how a server answered.
type Answer struct {
	OK          bool   `json:"ok"`
	Status      int    `json:"status"`
	Error       string `json:"error"`
	Description string `json:"description"`
}

// Short is the status and the code.
func (a Answer) Short() string {
	if a.Error == "" {
		return fmt.Sprintf("HTTP %d", a.Status)
	}
	return fmt.Sprintf("HTTP %d %#q", a.Status, a.Error)
}

func (a Answer) String() string {
	if a.Description == "" {
		return a.Short()
	}
	return a.Short() + ": " + a.Description
}

// Registration is a client in the words of RFC 7591 §2, and in two that Hydra has of its own.
type Registration struct {
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
	Exchange bool `json:"-"`
	// how long its tokens live, where a server has that for each client
	Lifetime    time.Duration `json:"-"`
	Scope       string        `json:"scope"`
	Details     []string      `json:"authorization_details_types,omitempty"` // RFC 9396 §10
	Audience    []string      `json:"audience,omitempty"`                    // what its tokens may be for
	TokenFormat string        `json:"access_token_strategy,omitempty"`       // opaque or jwt
}
