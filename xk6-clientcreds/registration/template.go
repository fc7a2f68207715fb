package registration

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// Template describes the clients to register, which differ in their names and credentials only.
type Template struct {
	// Name is the beginning of each client's name.
	Name string `json:"name"`
	// Auth is the authentication method, by its name in IANA's registry.
	Auth string `json:"auth"`
	// Scope lists the scopes that the clients may request, separated by spaces. Empty leaves it to the server.
	Scope string `json:"scope,omitempty"`
	// KeyAlgorithm is the algorithm of keys that are made, one for each client. Default ES256.
	KeyAlgorithm string `json:"key_algorithm,omitempty"`
	// KeyFile and CertificateFile are absolute paths of credentials that all clients share, instead of own ones.
	KeyFile         string `json:"key_file,omitempty"`
	CertificateFile string `json:"certificate_file,omitempty"`
	// CAFile is the absolute path of the CA that issues the certificates of tls_client_auth. Its key is in the file of
	// that name with -key.
	CAFile string `json:"ca_file,omitempty"`
	// Metadata are further members of the registration.
	Metadata map[string]json.RawMessage `json:"metadata,omitempty"`

	shared *credentials
	issuer *certificateAuthority
}

// ours are members of client metadata that Template sets, or that only a server may set.
var ours = []string{
	"client_id", "client_secret", "client_name", "token_endpoint_auth_method", "scope", "jwks", "jwks_uri",
	"registration_access_token", "registration_client_uri", "tls_client_auth_subject_dn", "tls_client_auth_san_dns",
	"tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email",
}

// Methods are the authentication methods that clients can be registered with.
func Methods() []string {
	return []string{
		"client_secret_basic", "client_secret_post", oauth.MethodClientSecretJWT,
		oauth.MethodPrivateKeyJWT, oauth.MethodTLSClientAuth, oauth.MethodSelfSignedTLSClientAuth,
	}
}

// Prepare checks the template, and reads the credentials that its clients share.
func (t *Template) Prepare() (err error) {
	if !slices.Contains(Methods(), t.Auth) {
		return fmt.Errorf("the authentication method %q is unknown; it must be one of %s", t.Auth,
			strings.Join(Methods(), ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Metadata)) {
		if slices.Contains(ours, name) {
			return fmt.Errorf("the metadata must not have the member %q, which differs between clients or has a flag", name)
		}
	}
	if given, ok := t.Metadata["grant_types"]; ok {
		var grants []string
		if json.Unmarshal(given, &grants) != nil || !slices.Contains(grants, "client_credentials") {
			return errors.New(`the member "grant_types" of the metadata must be an array with client_credentials`)
		}
	}
	switch t.Auth {
	case oauth.MethodPrivateKeyJWT:
		if t.KeyFile != "" {
			t.shared, err = sharedKey(t.KeyFile, t.KeyAlgorithm)
		}
	case oauth.MethodTLSClientAuth, oauth.MethodSelfSignedTLSClientAuth:
		switch {
		case t.CertificateFile != "":
			t.shared, err = sharedCertificate(t.CertificateFile, t.KeyFile, t.Auth)
		case t.Auth == oauth.MethodTLSClientAuth && t.CAFile == "":
			err = errors.New("tls_client_auth needs the certificate that all clients share, or a CA that issues one for each")
		case t.Auth == oauth.MethodTLSClientAuth:
			t.issuer, err = readCA(t.CAFile)
		}
	}
	return err
}

// name returns the name of client n.
func (t *Template) name(n int) string { return fmt.Sprintf("%s-%d", t.Name, n) }

// credentials returns the credentials of client n: shared ones, or own ones.
func (t *Template) credentials(n int) (*credentials, error) {
	switch {
	case t.shared != nil:
		return t.shared, nil
	case t.Auth == oauth.MethodPrivateKeyJWT:
		return newKey(t.KeyAlgorithm, t.name(n))
	case t.Auth == oauth.MethodSelfSignedTLSClientAuth, t.Auth == oauth.MethodTLSClientAuth:
		return newCertificate(t.name(n), t.issuer)
	}
	return new(credentials), nil // the server makes a secret
}

// metadata returns what the registration of client n says (RFC 7591 §2).
func (t *Template) metadata(n int, c *credentials) map[string]any {
	m := map[string]any{
		"grant_types": []string{"client_credentials"}, "response_types": []string{}, "redirect_uris": []string{},
	}
	for name, value := range t.Metadata {
		m[name] = value
	}
	m["client_name"], m["token_endpoint_auth_method"] = t.name(n), t.Auth
	if t.Scope != "" {
		m["scope"] = t.Scope
	}
	maps.Copy(m, c.registered)
	return m
}

// PoolClient is a client as a pool reads it.
type PoolClient struct {
	ID            string `json:"client_id"`
	Secret        string `json:"client_secret,omitempty"`
	SecretExpires int64  `json:"client_secret_expires_at,omitempty"`
	AuthMethod    string `json:"token_endpoint_auth_method"`
	Scope         string `json:"scope,omitempty"`
	Key           any    `json:"key,omitempty"`         // text, or an object with the file
	Certificate   any    `json:"certificate,omitempty"` // text, or an object with the file
	DPoP          bool   `json:"dpop_bound_access_tokens,omitempty"`
}

// poolClient returns the client that the server has registered, or says how that is not the client of the template.
func (t *Template) poolClient(r *Response, c *credentials) (*PoolClient, error) {
	secret := strings.HasPrefix(t.Auth, "client_secret")
	switch {
	case r.AuthMethod != "" && r.AuthMethod != t.Auth:
		return nil, fmt.Errorf("the server registered the client with the authentication method %s instead of %s; "+
			"choose a method that the server supports", oauth.Printable(r.AuthMethod, 64), t.Auth)
	case secret && r.Secret == "":
		return nil, errors.New("the server's answer has no client_secret (RFC 7591 §3.2.1)")
	case r.GrantTypes != nil && !slices.Contains(r.GrantTypes, "client_credentials"):
		return nil, errors.New("the server registered the client without the grant type client_credentials; " +
			"allow the grant type in the server's policy for registrations")
	}
	granted := strings.Fields(r.Scope)
	for _, token := range strings.Fields(t.Scope) {
		if len(granted) > 0 && !slices.Contains(granted, token) {
			return nil, fmt.Errorf("the server registered the client without the scope %s; allow it in the server's policy "+
				"for registrations", token)
		}
	}
	client := &PoolClient{ID: r.ID, AuthMethod: t.Auth, Scope: t.Scope, Key: c.key, Certificate: c.certificate}
	if secret {
		client.Secret, client.SecretExpires = r.Secret, r.SecretExpires
	}
	client.DPoP = string(t.Metadata["dpop_bound_access_tokens"]) == "true"
	return client, nil
}
