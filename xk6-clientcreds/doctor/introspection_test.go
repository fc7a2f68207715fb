package doctor

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// An introspection endpoint that does not work is named, and does not make the server unusable.
func TestIntrospectionEndpoints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  int
		body    string
		want    Status
		summary string
	}{
		"active":       {200, `{"active": true}`, OK, "says that the token is active"},
		"not active":   {200, `{"active": false}`, Warning, "says that the token is not active"},
		"no answer":    {200, `[]`, Warning, "does not work"},
		"not there":    {404, `not found`, Warning, "does not work"},
		"out of order": {503, `{}`, Warning, "does not work"},
		"refused":      {403, `{"error": "access_denied"}`, Info, "refuses this client"},
		"not known":    {401, `{"error": "invalid_client"}`, Info, "refuses this client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				_, secret, _ := r.BasicAuth()
				if secret != testSecret || r.PostFormValue("token") == "" {
					c.status = http.StatusTeapot
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.body)
			}))
			t.Cleanup(endpoint.Close)
			r := serve(t, nil).examine(t, func(cfg *Config) { cfg.IntrospectionURL = endpoint.URL })
			result := r.get(t, "introspection.active")
			require.Equal(t, c.want, result.Status, result.Summary)
			require.Contains(t, result.Summary, c.summary)
			require.True(t, r.Usable)
			require.Equal(t, 1, asked)
		})
	}
}

// Without an endpoint there is nothing to ask, and with https at the token endpoint the credentials do not go over
// http.
func TestIntrospectionIsNotAsked(t *testing.T) {
	t.Parallel()
	x := serve(t, nil)
	r := x.examine(t, func(cfg *Config) { cfg.Issuer, cfg.TokenURL = "", x.server.Endpoints().Token })
	require.NotContains(t, r.ids(), "introspection")

	secure := serve(t, func(c *authserver.Config) { c.TLSDir = t.TempDir() })
	r = secure.examine(t, func(cfg *Config) {
		cfg.RootCAs, cfg.IntrospectionURL = rootsOf(t, secure), x.server.Endpoints().Introspection
	})
	result := r.get(t, "introspection.active")
	require.Equal(t, Warning, result.Status)
	require.Contains(t, result.Summary, "is not asked")
	require.Zero(t, x.server.Stats().IntrospectionRequests)

	_, err := Run(t.Context(), Config{
		Issuer: x.cfg.Issuer, ClientID: testID, ClientSecret: secret.New(testSecret),
		IntrospectionURL: "introspect",
	})
	require.EqualError(t, err, "INTROSPECTION_URL must be an absolute http or https URL without a user name and password")
}
