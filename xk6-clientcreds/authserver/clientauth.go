package authserver

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// authMethod is one client authentication method.
type authMethod struct {
	// name is the method's name in IANA's registry of token endpoint
	// authentication methods.
	name string
	// presented reports whether the request uses the method.
	presented func(*http.Request, *form) bool
	// verify checks the credentials. The client that the request names is
	// returned also with an error, so that it can be counted.
	verify func(*http.Request, *form) (*client, *oauthError)
}

// authMethodRows are the methods that the server knows, each with what makes it. Another
// one is another row.
var authMethodRows = []struct {
	name string
	// certified says that the client authenticates by a certificate, which the server asks
	// for only if a client is registered with one.
	certified bool
	make      func(*Server, *assertionVerifier) authMethod
}{
	{name: "client_secret_basic", make: func(s *Server, _ *assertionVerifier) authMethod {
		return clientSecretBasic(s.clients, s.cfg.BasicEncoding)
	}},
	{
		name: "client_secret_post",
		make: func(s *Server, _ *assertionVerifier) authMethod { return clientSecretPost(s.clients) },
	},
	{name: "client_secret_jwt", make: func(_ *Server, v *assertionVerifier) authMethod { return v.clientSecretJWT() }},
	{name: "private_key_jwt", make: func(_ *Server, v *assertionVerifier) authMethod { return v.privateKeyJWT() }},
	{name: methodTLS, certified: true, make: func(s *Server, _ *assertionVerifier) authMethod {
		return s.certificates.tlsClientAuth()
	}},
	{name: methodSelfSignedTLS, certified: true, make: func(s *Server, _ *assertionVerifier) authMethod {
		return s.certificates.selfSignedTLSClientAuth()
	}},
}

// authMethodNames returns the names of the methods, with or without the methods that need a certificate.
func authMethodNames(certified bool) []string {
	var names []string
	for _, row := range authMethodRows {
		if certified || !row.certified {
			names = append(names, row.name)
		}
	}
	return names
}

// authMethods makes the methods of s.
func authMethods(s *Server) []authMethod {
	v := &assertionVerifier{server: s, seen: newReplays(maxReplays)}
	methods := make([]authMethod, len(authMethodRows))
	for i, row := range authMethodRows {
		methods[i] = row.make(s, v)
		methods[i].name = row.name
	}
	return methods
}

// authenticate finds the client of a request, which must use exactly one
// method (RFC 6749 §2.3).
func (s *Server) authenticate(r *http.Request, f *form) (*client, *oauthError) {
	if len(r.Header["Authorization"]) > 1 {
		return nil, errManyHeaders
	}
	var method *authMethod
	for i := range s.methods {
		if !s.methods[i].presented(r, f) {
			continue
		}
		if method != nil {
			return nil, errManyMethods
		}
		method = &s.methods[i]
	}
	if method == nil {
		if len(r.Header["Authorization"]) == 1 {
			return nil, errWrongScheme
		}
		c := s.clients.find(f.get("client_id"))
		if c != nil && c.certificateMethod() != "" {
			return c, errNoCertificate
		}
		return c, errNoCredentials
	}
	c, err := method.verify(r, f)
	if err != nil {
		return c, err
	}
	if !s.profile.accepts(method.name) || c.authMethod != "" && c.authMethod != method.name {
		return c, errMethodForbidden
	}
	if id := f.get("client_id"); id != "" && id != c.id {
		return c, errOtherClientID
	}
	return c, nil
}

// clientSecretBasic is HTTP Basic authentication with form-encoded
// credentials, RFC 6749 §2.3.1.
func clientSecretBasic(clients *registry, enc BasicEncoding) authMethod {
	return authMethod{
		presented: func(r *http.Request, _ *form) bool {
			_, ok := schemeValue(r.Header["Authorization"], "Basic")
			return ok
		},
		verify: func(r *http.Request, _ *form) (*client, *oauthError) {
			value, _ := schemeValue(r.Header["Authorization"], "Basic")
			credentials, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return nil, errBasicSyntax
			}
			id, secret, ok := strings.Cut(string(credentials), ":")
			if !ok {
				return nil, errBasicSyntax
			}
			if enc == BasicForm {
				if id, err = url.QueryUnescape(id); err != nil {
					return nil, errBasicEncoding
				}
				if secret, err = url.QueryUnescape(secret); err != nil {
					return clients.find(id), errBasicEncoding
				}
			}
			c, ok := clients.authenticate(id, secret)
			if !ok {
				return c, errWrongSecret
			}
			return c, nil
		},
	}
}

// clientSecretPost is client_id and client_secret in the body, RFC 6749 §2.3.1.
func clientSecretPost(clients *registry) authMethod {
	return authMethod{
		presented: func(_ *http.Request, f *form) bool { return f.get("client_secret") != "" },
		verify: func(_ *http.Request, f *form) (*client, *oauthError) {
			c, ok := clients.authenticate(f.get("client_id"), f.get("client_secret"))
			if !ok {
				return c, errWrongSecret
			}
			return c, nil
		},
	}
}

// schemeValue returns what follows the scheme in the one Authorization header.
func schemeValue(header []string, scheme string) (string, bool) {
	if len(header) != 1 {
		return "", false
	}
	got, value, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(got, scheme) {
		return "", false
	}
	return strings.Trim(value, " "), true
}
