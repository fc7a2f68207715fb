package jsmodule

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// endpoints are the endpoints of a token source's authorization server that take a token, with the
// credentials of a time; nil until used.
type endpoints struct {
	introspection, revocation atomic.Pointer[oauth.Endpoint]
}

// endpointKind is one kind of them.
type endpointKind struct {
	method string      // that a script calls
	field  oauth.Field // of the URL
	member string      // of the metadata document (RFC 8414 §2)

	given     func(*options) string
	published func(*oauth.Metadata) string
	kept      func(*endpoints) *atomic.Pointer[oauth.Endpoint]
}

var introspectionKind = endpointKind{
	"introspect", oauth.FieldIntrospectionURL, "introspection_endpoint",
	func(o *options) string { return o.IntrospectionURL },
	func(m *oauth.Metadata) string { return m.IntrospectionEndpoint },
	func(e *endpoints) *atomic.Pointer[oauth.Endpoint] { return &e.introspection },
}

var revocationKind = endpointKind{
	"revoke", oauth.FieldRevocationURL, "revocation_endpoint",
	func(o *options) string { return o.RevocationURL },
	func(m *oauth.Metadata) string { return m.RevocationEndpoint },
	func(e *endpoints) *atomic.Pointer[oauth.Endpoint] { return &e.revocation },
}

// unknownEndpointError says that neither an option nor the metadata gives the endpoint's URL. It
// is for the script to fix, unlike what a server answers.
type unknownEndpointError string

func (e unknownEndpointError) Error() string { return string(e) }

// checkEndpoints finds what is wrong with the URLs that options give.
func (o *options) checkEndpoints() error {
	for _, kind := range []endpointKind{introspectionKind, revocationKind} {
		if address := kind.given(o); address != "" {
			if _, err := oauth.NewEndpoint(kind.field, address, oauth.Config{}); err != nil {
				return asOptionError(err)
			}
		}
	}
	if o.JWKSURL != "" {
		return asOptionError(oauth.CheckKeySetURL(o.JWKSURL))
	}
	return nil
}

// checkHosts finds URLs that options give and that requests may not go to.
func (o *options) checkHosts(allowed transport.Hosts) error {
	for _, given := range []struct{ option, address string }{
		{"issuer", o.Issuer},
		{"tokenUrl", o.TokenURL},
		{"introspectionUrl", o.IntrospectionURL},
		{"revocationUrl", o.RevocationURL},
		{"jwksUrl", o.JWKSURL},
	} {
		u, err := url.Parse(given.address)
		if given.address == "" || err != nil { // which another check reports
			continue
		}
		if reason := allowed.Refusal(u); reason != "" {
			return jsoption.Errorf(given.option, "is refused: %s", reason)
		}
	}
	return nil
}

// endpointOf returns the endpoint of that kind, with these credentials: where its option says, else where the metadata
// of the issuer does. The error is an *oauth.Error where discovery failed, else an unknownEndpointError.
func (t *tokenSource) endpointOf(ctx context.Context, used *credentials, kind endpointKind, s *sender) (*oauth.Endpoint,
	error,
) {
	kept := kind.kept(&used.endpoints)
	if e := kept.Load(); e != nil {
		return e, nil
	}
	address := kind.given(t.opts)
	switch {
	case address != "":
	case t.opts.Issuer == "":
		return nil, unknownEndpointError(fmt.Sprintf(
			"client.%s() needs option %q, the URL of the endpoint, or issuer instead of tokenUrl to discover it",
			kind.method, optionNames[kind.field]))
	default:
		metadata, err := t.metadata(ctx, s)
		if err != nil {
			return nil, asOAuthError(err)
		}
		address = kind.published(metadata)
		if err := metadata.CheckEndpoint(kind.member, address); err != nil {
			return nil, t.unusableEndpoint(kind, err)
		}
	}
	e, err := oauth.NewEndpoint(kind.field, address, t.config(used, "", s.userAgent))
	if err != nil {
		return nil, t.unusableEndpoint(kind, err)
	}
	kept.Store(e)
	return e, nil
}

// unusableEndpoint says that the metadata do not lead to the endpoint: err says why.
func (t *tokenSource) unusableEndpoint(kind endpointKind, err error) error {
	return unknownEndpointError(fmt.Sprintf("client.%s() needs option %q: metadata of issuer %s: %s", kind.method,
		optionNames[kind.field], t.opts.Issuer, err))
}
