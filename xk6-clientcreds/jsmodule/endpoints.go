package jsmodule

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// endpoints are those of a token source's authorization server that take a token, with the credentials of
// a time; nil until used.
type endpoints struct {
	introspection, revocation atomic.Pointer[oauth.Endpoint]
}

// endpointKind is one kind of them.
type endpointKind struct {
	method string // that a script calls
	option string // that gives the URL
	member string // of the metadata document (RFC 8414 §2)

	given     func(*options) string
	published func(*oauth.Metadata) string
	kept      func(*endpoints) *atomic.Pointer[oauth.Endpoint]
}

var introspectionKind = endpointKind{
	"introspect", "introspectionUrl", "introspection_endpoint",
	func(o *options) string { return o.IntrospectionURL },
	func(m *oauth.Metadata) string { return m.IntrospectionEndpoint },
	func(e *endpoints) *atomic.Pointer[oauth.Endpoint] { return &e.introspection },
}

var revocationKind = endpointKind{
	"revoke", "revocationUrl", "revocation_endpoint",
	func(o *options) string { return o.RevocationURL },
	func(m *oauth.Metadata) string { return m.RevocationEndpoint },
	func(e *endpoints) *atomic.Pointer[oauth.Endpoint] { return &e.revocation },
}

// unknownEndpointError says that neither an option nor the metadata gives the endpoint's URL. It
// is the script's to mend, unlike what a server answers.
type unknownEndpointError string

func (e unknownEndpointError) Error() string { return string(e) }

// checkEndpoints finds what is wrong with the URLs that options give.
func (o *options) checkEndpoints() error {
	for _, kind := range []endpointKind{introspectionKind, revocationKind} {
		if address := kind.given(o); address != "" {
			if _, err := oauth.NewEndpoint(kind.option, address, oauth.Config{}); err != nil {
				return err
			}
		}
	}
	if o.JWKSURL != "" {
		return oauth.CheckKeySetURL("jwksUrl", o.JWKSURL)
	}
	return nil
}

// endpointOf returns the endpoint of that kind, with these credentials: where its option says, else where the metadata of
// the issuer does. The error is an *oauth.Error where discovery failed, else an
// unknownEndpointError.
func (t *tokenSource) endpointOf(ctx context.Context, used *credentials, kind endpointKind, s *sender) (*oauth.Endpoint, error) {
	kept := kind.kept(&used.endpoints)
	if e := kept.Load(); e != nil {
		return e, nil
	}
	name, address := kind.option, kind.given(t.opts)
	switch {
	case address != "":
	case t.opts.Issuer == "":
		return nil, unknownEndpointError(fmt.Sprintf(
			"client.%s() needs option %q, the URL of the endpoint, or issuer instead of tokenUrl to discover it", kind.method, kind.option))
	default:
		metadata, err := t.metadata(ctx, s)
		if err != nil {
			return nil, asOAuthError(err)
		}
		name, address = kind.member, kind.published(metadata)
		if err := metadata.CheckEndpoint(name, address); err != nil {
			return nil, t.unusableEndpoint(kind, err)
		}
	}
	e, err := oauth.NewEndpoint(name, address, t.config(used, "", s.userAgent))
	if err != nil {
		return nil, t.unusableEndpoint(kind, err)
	}
	kept.Store(e)
	return e, nil
}

// unusableEndpoint says that the metadata do not lead to the endpoint: err says why.
func (t *tokenSource) unusableEndpoint(kind endpointKind, err error) error {
	return unknownEndpointError(fmt.Sprintf("client.%s() needs option %q: metadata of issuer %s: %s", kind.method, kind.option, t.opts.Issuer, err))
}
