package oauth

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWellKnownURLsAreInOrder(t *testing.T) {
	t.Parallel()
	places, err := WellKnownURLs("https://idp.example/tenant/")
	require.NoError(t, err)
	require.Equal(t, []string{
		"https://idp.example/.well-known/oauth-authorization-server/tenant",
		"https://idp.example/tenant/.well-known/openid-configuration",
	}, places)
	_, err = WellKnownURLs("https://idp.example?tenant")
	require.ErrorContains(t, err, "query")
}

// DiscoverFrom asks the one place, and holds the document to the same rules as Discover.
func TestDiscoverFrom(t *testing.T) {
	t.Parallel()
	const issuer = "https://idp.example"
	var asked []string
	do := func(status int, body string) Doer {
		return func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.String())
			return &http.Response{
				StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
				Request: r,
			}, nil
		}
	}
	document := `{"issuer":"` + issuer + `","token_endpoint":"` + issuer + `/token"}`
	m, err := DiscoverFrom(t.Context(), do(200, document), issuer+"/here", issuer)
	require.NoError(t, err)
	require.Equal(t, issuer+"/token", m.TokenEndpoint)
	require.Equal(t, []string{"client_secret_basic"}, m.TokenEndpointAuthMethods)
	require.Equal(t, []string{issuer + "/here"}, asked)
	_, err = DiscoverFrom(t.Context(), do(200, document), issuer+"/here", issuer+"/")
	require.ErrorContains(t, err, "equal to the letter")
	_, err = DiscoverFrom(t.Context(), do(404, ""), issuer+"/here", issuer)
	require.ErrorContains(t, err, "HTTP 404")
}
