package doctor

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// A scheme that the port does not speak is named, whichever of the two it is and whatever the address is configured by.
func TestWrongScheme(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)

	tlsPort := strings.Replace(secure.URL, "https:", "http:", 1)
	for name, cfg := range map[string]Config{
		"TOKEN_URL": {TokenURL: tlsPort + "/token"},
		"ISSUER":    {Issuer: tlsPort},
	} {
		cfg.ClientID, cfg.ClientSecret = testID, secret.New(testSecret)
		r := examine(t, cfg).get(t, "connection.scheme")
		require.Equal(t, Failed, r.Status)
		require.Equal(t, name+" is an http URL, but its port speaks TLS", r.Summary)
		require.Equal(t, "set "+name+" to an https URL", r.Hint)
	}

	cfg := Config{TokenURL: plain.URL + "/token", ClientID: testID, ClientSecret: secret.New(testSecret)}
	require.NotContains(t, examine(t, cfg).ids(), "connection.scheme", "http is right")

	cfg.TokenURL = strings.Replace(plain.URL, "http:", "https:", 1) + "/token"
	r := examine(t, cfg)
	require.Equal(t, "what answers there does not speak TLS: check the port, or set an http URL",
		r.get(t, "connection.tls").Hint)
	require.Equal(t, Skipped, r.get(t, "grant.configured").Status)
}
