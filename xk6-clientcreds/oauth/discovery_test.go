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

func TestMetadataPlaces(t *testing.T) {
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
		require.EqualError(t, err, "discovery (HTTP 404): no metadata of the issuer: "+want[0]+": HTTP 404; "+want[1]+": HTTP 404", issuer)
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
		"RFC 8414":                 {map[string]Doer{first: document200(good)}, 1},
		"OpenID after 404":         {map[string]Doer{second: document200(good)}, 2},
		"after HTML":               {map[string]Doer{first: always(200, typeHTML, "<html>"), second: document200(good)}, 2},
		"after another issuer":     {map[string]Doer{first: document200(strings.Replace(good, "issuer1", "", 1)), second: document200(good)}, 2},
		"after 500":                {map[string]Doer{first: always(500, "", ""), second: document200(good)}, 2},
		"after a redirect":         {map[string]Doer{first: always(302, "", "", "Location", second), second: document200(good)}, 2},
		"after too large a page":   {map[string]Doer{first: always(200, typeJSON, strings.Repeat(" ", maxBody+1)), second: document200(good)}, 2},
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

func TestWrongMetadata(t *testing.T) {
	t.Parallel()
	const mismatch = `the document is about issuer %, not "https://i.example.com"; they must be equal to the letter (RFC 8414 §3.3)`
	about := func(issuer string) string { return strings.Replace(mismatch, "%", `"`+issuer+`"`, 1) }
	for body, want := range map[string]string{
		``:                       "not a JSON object of the right shape",
		`[]`:                     "not a JSON object of the right shape",
		`{"issuer":7}`:           "not a JSON object of the right shape",
		`{"issuer":"https://i`:   "not a JSON object of the right shape",
		`{}`:                     about(""),
		`{"issuer":"x\ny"}`:      about("x y"),
		`{"issuer":"https://i"}`: about("https://i"),
		`{"issuer":"https://i.example.com/","token_endpoint":"https://i.example.com/t"}`:    about("https://i.example.com/"), // a slash is a difference
		`{"issuer":"https://I.example.com","token_endpoint":"https://i.example.com/t"}`:     about("https://I.example.com"),  // and so is a letter's case
		`{"issuer":"https://i.example.com"}`:                                                "the document has no usable token_endpoint",
		`{"issuer":"https://i.example.com","token_endpoint":"/t"}`:                          "the document has no usable token_endpoint",
		`{"issuer":"https://i.example.com","token_endpoint":"https://a:b@i.example.com/t"}`: "the document has no usable token_endpoint",
		`{"issuer":"https://i.example.com","token_endpoint":"http://i.example.com/t"}`: "the document of an https issuer has an http token_endpoint, " +
			"to which credentials would go in the clear (RFC 6749 §3.2)",
	} {
		_, err := parseMetadata([]byte(body), "https://i.example.com")
		require.EqualError(t, err, want, body)
	}
}

func TestWrongIssuer(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"":                          `option "issuer" is empty; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
		"idp.example.com":           `option "issuer" is "idp.example.com"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
		"https://h/?k=hush":         `option "issuer" has a query, which an issuer must not have (RFC 8414 §2)`,
		"https://h/?":               `option "issuer" has a query, which an issuer must not have (RFC 8414 §2)`,
		"https://h/#hush":           `option "issuer" has a fragment, which an endpoint must not have (RFC 6749 §3.2)`,
		"https://me:hush@h":         `option "issuer" has a user name or password in it; give clientId and clientSecret instead`,
		"https://h\x00":             `option "issuer" is not a URL; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
		"https://h?client_secret=x": `option "issuer" has client_secret in its query, where it ends in logs (RFC 6749 §2.3.1); give clientSecret instead`,
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
