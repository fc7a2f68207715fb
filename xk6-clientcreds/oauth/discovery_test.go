package oauth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// places answers by URL, 404 elsewhere, and notes what was asked for.
type places struct {
	answers map[string]Doer
	asked   []string
}

func (p *places) do(r *http.Request) (*http.Response, error) {
	p.asked = append(p.asked, r.URL.String())
	if do := p.answers[r.URL.String()]; do != nil {
		return do(r)
	}
	return answer(404, "text/plain", "no such page"), nil
}

func document200(body string) Doer { return always(200, typeJSON, body) }

func TestWellKnownURLs(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string][2]string{
		"https://idp.example.com": {
			"https://idp.example.com/.well-known/oauth-authorization-server",
			"https://idp.example.com/.well-known/openid-configuration",
		},
		"https://idp.example.com/": {
			"https://idp.example.com/.well-known/oauth-authorization-server",
			"https://idp.example.com/.well-known/openid-configuration",
		},
		// RFC 8414 §3.1's example: between host and path.
		"https://example.com/issuer1": {
			"https://example.com/.well-known/oauth-authorization-server/issuer1",
			"https://example.com/issuer1/.well-known/openid-configuration",
		},
		"https://example.com/issuer1/": {
			"https://example.com/.well-known/oauth-authorization-server/issuer1",
			"https://example.com/issuer1/.well-known/openid-configuration",
		},
		"http://127.0.0.1:8080/realms/a%2Fb%20c": {
			"http://127.0.0.1:8080/.well-known/oauth-authorization-server/realms/a%2Fb%20c",
			"http://127.0.0.1:8080/realms/a%2Fb%20c/.well-known/openid-configuration",
		},
		"https://[::1]:8443/x": {
			"https://[::1]:8443/.well-known/oauth-authorization-server/x",
			"https://[::1]:8443/x/.well-known/openid-configuration",
		},
	} {
		p := &places{}
		_, err := Discover(context.Background(), p.do, issuer)
		require.EqualError(t, err,
			"discovery (HTTP 404): no metadata of the issuer: "+want[0]+": HTTP 404; "+want[1]+": HTTP 404", issuer)
		assert.Equal(t, want[:], p.asked, issuer)
	}
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	const (
		issuer = "https://example.com/issuer1"
		first  = "https://example.com/.well-known/oauth-authorization-server/issuer1"
		second = "https://example.com/issuer1/.well-known/openid-configuration"
		good   = `{"issuer":"` + issuer + `","token_endpoint":"https://example.com/token"}`
	)
	for name, tc := range map[string]struct {
		answers map[string]Doer
		asked   int
	}{
		"RFC 8414":         {map[string]Doer{first: document200(good)}, 1},
		"OpenID after 404": {map[string]Doer{second: document200(good)}, 2},
		"after HTML":       {map[string]Doer{first: always(200, typeHTML, "<html>"), second: document200(good)}, 2},
		"after another issuer": {map[string]Doer{
			first:  document200(strings.Replace(good, "issuer1", "", 1)),
			second: document200(good),
		}, 2},
		"after 500": {map[string]Doer{first: always(500, "", ""), second: document200(good)}, 2},
		"after a redirect": {map[string]Doer{
			first:  always(302, "", "", "Location", second),
			second: document200(good),
		}, 2},
		"after too large a page": {map[string]Doer{
			first:  always(200, typeJSON, strings.Repeat(" ", maxBody+1)),
			second: document200(good),
		}, 2},
		"content type not checked": {map[string]Doer{first: always(200, "text/plain", good)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &places{answers: tc.answers}
			m, err := Discover(context.Background(), p.do, issuer)
			require.NoError(t, err)
			assert.Equal(t, &Metadata{
				Issuer: issuer, TokenEndpoint: "https://example.com/token",
				TokenEndpointAuthMethods: []string{"client_secret_basic"}, // RFC 8414 §2: the default
			}, m)
			assert.Equal(t, []string{first, second}[:tc.asked], p.asked)
		})
	}
}

func TestMetadataMembers(t *testing.T) {
	t.Parallel()
	m, err := parseMetadata([]byte(`{
		"issuer":"https://i.example.com","token_endpoint":"https://i.example.com/t","jwks_uri":"https://i.example.com/j",
		"introspection_endpoint":"https://i.example.com/in","revocation_endpoint":"https://i.example.com/re",
		"grant_types_supported":["client_credentials"],"token_endpoint_auth_methods_supported":["client_secret_post","none"],
		"unknown":{"a":[1]}}`), "https://i.example.com")
	require.NoError(t, err)
	assert.Equal(t, &Metadata{
		Issuer: "https://i.example.com", TokenEndpoint: "https://i.example.com/t", JWKSURI: "https://i.example.com/j",
		IntrospectionEndpoint: "https://i.example.com/in", RevocationEndpoint: "https://i.example.com/re",
		GrantTypes: []string{"client_credentials"}, TokenEndpointAuthMethods: []string{"client_secret_post", "none"},
	}, m)
}

// Irrelevant members of the wrong type, as PHP and others write them, do not spoil a document.
func TestMetadataOfTheWrongTypes(t *testing.T) {
	t.Parallel()
	const issuer = "https://i.example.com"
	good := Metadata{
		Issuer: issuer, TokenEndpoint: issuer + "/t",
		TokenEndpointAuthMethods: []string{"client_secret_basic"},
	}
	for more, change := range map[string]func(*Metadata){
		`"grant_types_supported":"client_credentials"`: func(m *Metadata) { m.GrantTypes = []string{"client_credentials"} },
		`"grant_types_supported":[1,"a",null]`:         func(m *Metadata) { m.GrantTypes = []string{"a"} },
		`"grant_types_supported":{"1":"a"}`:            nil,
		`"token_endpoint_auth_methods_supported":"client_secret_post"`: func(m *Metadata) {
			m.TokenEndpointAuthMethods = []string{"client_secret_post"}
		},
		`"token_endpoint_auth_methods_supported":null`: nil,
		`"token_endpoint_auth_methods_supported":[]`:   nil,
		`"dpop_signing_alg_values_supported":"ES256"`: func(m *Metadata) {
			m.DPoPAlgorithms = []string{"ES256"}
		},
		`"tls_client_certificate_bound_access_tokens":"True"`: func(m *Metadata) {
			m.CertificateBoundTokens = true
		},
		`"tls_client_certificate_bound_access_tokens":true`: func(m *Metadata) {
			m.CertificateBoundTokens = true
		},
		`"tls_client_certificate_bound_access_tokens":"false"`: nil,
		`"tls_client_certificate_bound_access_tokens":1`:       nil,
		`"mtls_endpoint_aliases":[]`:                           nil,
		`"mtls_endpoint_aliases":"none"`:                       nil,
		`"mtls_endpoint_aliases":{"token_endpoint":[],"revocation_endpoint":"https://m"}`: func(m *Metadata) {
			m.MTLSEndpointAliases.RevocationEndpoint = "https://m"
		},
		`"jwks_uri":false,"introspection_endpoint":[],"revocation_endpoint":null`:       nil,
		`"Jwks_Uri":"https://other","code_challenge":1e999,"scopes_supported":{"a":[]}`: nil,
	} {
		want := good
		if change != nil {
			change(&want)
		}
		for _, mark := range []string{"", "\xef\xbb\xbf"} {
			m, err := parseMetadata([]byte(mark+`{"issuer":"`+issuer+`","token_endpoint":"`+issuer+`/t",`+more+`}`), issuer)
			require.NoError(t, err, more)
			assert.Equal(t, &want, m, more)
		}
	}
}

// A document may be elsewhere at its own origin. A document at another origin is not the issuer's word.
func TestRedirectedMetadata(t *testing.T) {
	t.Parallel()
	const (
		issuer = "https://example.com"
		place  = issuer + "/.well-known/oauth-authorization-server"
		good   = `{"issuer":"` + issuer + `","token_endpoint":"https://example.com/token"}`
	)
	to := func(status int, location string) Doer { return always(status, typeHTML, "moved", "Location", location) }
	for name, c := range map[string]struct {
		answers map[string]Doer
		asked   int
		err     string
	}{
		"another path": {map[string]Doer{place: to(301, "/moved"), issuer + "/moved": document200(good)}, 2, ""},
		"with the default port": {map[string]Doer{
			place:                           to(308, "https://EXAMPLE.com:443/m?a=b"),
			"https://EXAMPLE.com:443/m?a=b": document200(good),
		}, 2, ""},
		"twice": {map[string]Doer{
			place: to(302, "a"), issuer + "/.well-known/a": to(307, "../b"),
			issuer + "/b": document200(good),
		}, 3, ""},
		"about another issuer": {
			map[string]Doer{place: to(301, "/moved"), issuer + "/moved": document200(`{"issuer":"https://other"}`)},
			2,
			`the document is about issuer "https://other", not "https://example.com"; they must be equal to the letter (RFC 8414 §3.3)`,
		},
		"another host": {
			map[string]Doer{place: to(301, "https://other.example/doc?key=hush")},
			1,
			"HTTP 301: it redirects to https://other.example/doc…, which is not followed: a document is taken from the origin " +
				"that was asked only",
		},
		"in the clear": {
			map[string]Doer{place: to(301, "http://example.com/doc")},
			1,
			"HTTP 301: it redirects to http://example.com/doc, which is not followed: a document is taken from the origin " +
				"that was asked only",
		},
		"another port": {
			map[string]Doer{place: to(301, "https://example.com:8443/doc")},
			1,
			"HTTP 301: it redirects to https://example.com:8443/doc, which is not followed: a document is taken from the " +
				"origin that was asked only",
		},
		"a file": {
			map[string]Doer{place: to(301, "file:///etc/passwd")},
			1,
			"HTTP 301: it redirects to file:///etc/passwd, which is not followed: a document is taken from the origin that " +
				"was asked only",
		},
		"with credentials": {
			map[string]Doer{place: to(301, "https://me:hush@example.com/doc")},
			1,
			"HTTP 301: it redirects to …@example.com/doc, which is not followed: a document is taken from the origin that was " +
				"asked only",
		},
		"not a URL": {
			map[string]Doer{place: to(301, "https://[")},
			1,
			"HTTP 301: it redirects to what is not a URL",
		},
		"nowhere": {map[string]Doer{place: always(301, "", "")}, 1, "HTTP 301"},
		"a circle": {
			map[string]Doer{place: to(302, place)},
			6,
			"HTTP 302, the redirect number 6: they may go in circles",
		},
		"to what is missing": {map[string]Doer{place: to(302, "/gone")}, 2, "HTTP 404"},
	} {
		p := &places{answers: c.answers}
		m, err := DiscoverFrom(context.Background(), p.do, place, issuer)
		assert.Len(t, p.asked, c.asked, name)
		if c.err == "" {
			require.NoError(t, err, name)
			assert.Equal(t, "https://example.com/token", m.TokenEndpoint, name)
			continue
		}
		require.EqualError(t, err, c.err, name)
	}
}

// Why there is no document a server says in its own words, as Keycloak does of a realm.
func TestWordsInsteadOfMetadata(t *testing.T) {
	t.Parallel()
	for want, do := range map[string]Doer{
		"HTTP 404: Realm does not exist": always(404, typeJSON,
			`{"error":"Realm does not exist","error_description":"\u202e"}`),
		"HTTP 404": always(404, typeHTML, "<title>404</title>"),
		"HTTP 400: the server speaks TLS at this port, and the request was plain HTTP; use an https URL": always(
			400, "text/plain", "Client sent an HTTP request to an HTTPS server.\n"),
	} {
		_, err := DiscoverFrom(context.Background(), do, "http://example.com/doc", "http://example.com")
		require.EqualError(t, err, want)
		_, err = FetchKeySet(context.Background(), do, "http://example.com/keys")
		require.EqualError(t, err, "http://example.com/keys: "+want)
	}
}

func TestCheckEndpoint(t *testing.T) {
	t.Parallel()
	secure, local := Metadata{Issuer: "HTTPS://i.example.com"}, Metadata{Issuer: "http://127.0.0.1"}
	require.NoError(t, secure.CheckEndpoint("revocation_endpoint", "https://elsewhere.example/r"))
	require.NoError(t, local.CheckEndpoint("revocation_endpoint", "http://127.0.0.1/r"))
	require.EqualError(t, local.CheckEndpoint("revocation_endpoint", "/r"),
		"the document has no usable revocation_endpoint")
	require.EqualError(t, secure.CheckEndpoint("introspection_endpoint", "http://i.example.com/i"),
		"the document of an https issuer has an http introspection_endpoint, to which credentials would go in the clear "+
			"(RFC 6749 §3.2)")
}

func TestWrongMetadata(t *testing.T) {
	t.Parallel()
	const mismatch = `the document is about issuer %, not "https://i.example.com"; they must be equal to the letter (RFC 8414 §3.3)`
	const noIssuer = `the document has no issuer (RFC 8414 §2)`
	about := func(issuer string) string { return strings.Replace(mismatch, "%", `"`+issuer+`"`, 1) }
	for body, want := range map[string]string{
		``:                       "not a JSON object",
		`[]`:                     "not a JSON object",
		`{"issuer":7}`:           noIssuer,
		`{"issuer":"https://i`:   "not a JSON object",
		`{}`:                     noIssuer,
		`{"issuer":"x\ny"}`:      about("x y"),
		`{"issuer":"https://i"}`: about("https://i"),
		// a slash is a difference
		`{"issuer":"https://i.example.com/","token_endpoint":"https://i.example.com/t"}`: about("https://i.example.com/"),
		// and so is a letter's case
		`{"issuer":"https://I.example.com","token_endpoint":"https://i.example.com/t"}`: about("https://I.example.com"),
		`{"issuer":"https://i.example.com"}`: "the document has no usable " +
			"token_endpoint",
		`{"issuer":"https://i.example.com","token_endpoint":"/t"}`: "the document has no usable " +
			"token_endpoint",
		`{"issuer":"https://i.example.com","token_endpoint":"https://a:b@i.example.com/t"}`: "the document has no usable " +
			"token_endpoint",
		`{"issuer":"https://i.example.com","token_endpoint":"http://i.example.com/t"}`: "the document of an https issuer " +
			"has an http token_endpoint, " +
			"to which credentials would go in the clear (RFC 6749 §3.2)",
	} {
		_, err := parseMetadata([]byte(body), "https://i.example.com")
		require.EqualError(t, err, want, body)
	}
}

func TestWrongIssuer(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"":                          `issuer is empty; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
		"idp.example.com":           `issuer is "idp.example.com"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
		"https://h/?k=hush":         `issuer must not contain a query (RFC 8414 §2); remove it`,
		"https://h/?":               `issuer must not contain a query (RFC 8414 §2); remove it`,
		"https://h/#hush":           `issuer must not contain a fragment (RFC 6749 §3.2); remove it`,
		"https://me:hush@h":         `issuer contains a user name or password; set the client ID and the client secret instead`,
		"https://h\x00":             `issuer is not a URL; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
		"https://h?client_secret=x": `issuer must not contain client_secret in its query, which ends up in logs (RFC 6749 §2.3.1); set the client secret instead`,
	} {
		require.EqualError(t, CheckIssuer(issuer), want)
		_, err := Discover(context.Background(), func(*http.Request) (*http.Response, error) {
			t.Error("a wrong issuer was asked for")
			return nil, syscall.ECONNREFUSED
		}, issuer)
		require.EqualError(t, err, "discovery: "+want)
	}
}

// Both places are on one host: when it does not answer there is no point in asking twice.
func TestDiscoveryWithoutAnswer(t *testing.T) {
	t.Parallel()
	p := &places{answers: map[string]Doer{"https://h/.well-known/oauth-authorization-server": refused}}
	_, err := Discover(context.Background(), p.do, "https://h")
	require.EqualError(t, err, "connection_refused: connection refused")
	assert.Len(t, p.asked, 1)
}

func TestDiscoveryAtABusyServer(t *testing.T) {
	t.Parallel()
	p := &places{answers: map[string]Doer{
		"https://h/.well-known/oauth-authorization-server": always(503, "", "", "Retry-After", "9"),
	}}
	_, err := Discover(context.Background(), p.do, "https://h")
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.True(t, e.Retryable())
	assert.Equal(t, 9*time.Second, e.RetryAfter)
	assert.Equal(t, 503, e.Status)

	_, err = Discover(context.Background(), (&places{}).do, "https://h")
	require.ErrorAs(t, err, &e)
	assert.False(t, e.Retryable(), "a document that is not there will not be there later")
}

// On real HTTP, with the request that a server sees.
func TestDiscoverOverHTTP(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	issuer := server.URL + "/tenant"
	mux.HandleFunc("GET /.well-known/oauth-authorization-server/tenant", func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		assert.Empty(t, r.Header.Get("Authorization"))
		_, _ = w.Write([]byte(`{"issuer":"` + issuer + `","token_endpoint":"` + server.URL + `/token?x=1"}`))
	})
	m, err := Discover(context.Background(), server.Client().Transport.RoundTrip, issuer)
	require.NoError(t, err)
	u, err := url.Parse(m.TokenEndpoint)
	require.NoError(t, err)
	assert.Equal(t, "x=1", u.RawQuery)
}
