package clientsfile

import "strings"

// metadata are the names that client metadata has for options (RFC 7591 §2, RFC 9449 §5.2).
var metadata = map[string]string{
	"client_id":                  "clientId",
	"client_secret":              "clientSecret",
	"token_endpoint_auth_method": "auth",
	BoundTokens:                  "dpop",
}

// Members of client metadata that a client has to know, beside those that are options.
const (
	BoundTokens   = "dpop_bound_access_tokens"  // #nosec G101 -- the name of a member: the client has no other tokens than bound ones (RFC 9449 §5.2)
	SecretExpires = "client_secret_expires_at"  // seconds since 1970; 0 is never (RFC 7591 §3.2.1)
	issuedAt      = "client_id_issued_at"       // RFC 7591 §3.2.1
	management    = "registration_access_token" // #nosec G101 -- the name, of RFC 7592 §3
)

// servers are members that only the server has to know. ttl is one of the local server's own.
var servers = setOf(
	"ttl",
	// RFC 7591 §2
	"redirect_uris", "grant_types", "response_types", "client_name", "client_uri", "logo_uri", "contacts", "tos_uri",
	"policy_uri",
	"jwks_uri", "jwks", "software_id", "software_version", "software_statement",
	// RFC 7591 §3.2.1, RFC 7592 §3
	issuedAt, SecretExpires, management, "registration_client_uri",
	// RFC 8705, RFC 9101, RFC 9126, RFC 9396, RFC 9701
	"tls_client_auth_subject_dn", "tls_client_auth_san_dns", "tls_client_auth_san_uri", "tls_client_auth_san_ip",
	"tls_client_auth_san_email", "tls_client_certificate_bound_access_tokens",
	"require_signed_request_object", "require_pushed_authorization_requests", "authorization_details_types",
	"introspection_signed_response_alg", "introspection_encrypted_response_alg", "introspection_encrypted_response_enc",
	// OpenID Connect Registration 1.0 §2 and the logouts
	"application_type", "sector_identifier_uri", "subject_type", "token_endpoint_auth_signing_alg",
	"id_token_signed_response_alg", "id_token_encrypted_response_alg", "id_token_encrypted_response_enc",
	"userinfo_signed_response_alg", "userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc",
	"request_object_signing_alg", "request_object_encryption_alg", "request_object_encryption_enc",
	"default_max_age", "require_auth_time", "default_acr_values", "initiate_login_uri", "request_uris",
	"post_logout_redirect_uris",
	"frontchannel_logout_uri", "frontchannel_logout_session_required", "backchannel_logout_uri",
	"backchannel_logout_session_required",
)

// options are options of a client that no server has to know: all of new Client, except for options that metadata
// has names for, and scope, which has the same name.
var options = setOf(
	"issuer", "tokenUrl", "introspectionUrl", "revocationUrl", "jwksUrl", "basicEncoding", "key", "certificate",
	"assertion",
	"audience", "resource", "authorizationDetails", "exchange", "params", "headers", "cache", "retry", "timeout",
	"onError", "tags",
	"httpMetrics", "maxRequests",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// Option returns the option that a list means by name.
func Option(name string) string {
	if option, ok := metadata[name]; ok {
		return option
	}
	return name
}

// Metadata returns the name that client metadata has for an option.
func Metadata(name string) string {
	for member, option := range metadata {
		if option == name {
			return member
		}
	}
	return name
}

// ForServer reports whether only the server has to know a member, also one for a language (RFC 7591
// §2.2).
func ForServer(name string) bool {
	name, _, _ = strings.Cut(name, "#")
	return servers[name]
}

// ForClient reports whether a member is an option of a client that no server has to know.
func ForClient(name string) bool { return options[name] }

// ForBoth reports whether client and server have to know a member.
func ForBoth(name string) bool { return name == "scope" || Metadata(Option(name)) != Option(name) }

// IsResponse reports whether a client with such a member is a server's answer to a registration:
// it may have members of the server's own then, and empty ones.
func IsResponse(name string) bool {
	return name == issuedAt || name == SecretExpires || name == management
}
