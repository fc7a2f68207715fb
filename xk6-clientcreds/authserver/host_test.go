package authserver

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHosts holds that a page whose name stands for this machine reaches neither the admin endpoint nor the counters.
// All else may be asked by any name.
func TestHosts(t *testing.T) {
	t.Parallel()
	_, h := offline(t, Config{
		Issuer:     "https://Idp.example:8089/tenant",
		AllowHosts: []string{"authserver", "Other.example"},
	})
	for host, known := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:8089": true, "127.9.9.9:1": true, "[::1]:8089": true, "[::1]": true,
		"192.0.2.7:80": true,
		"localhost":    true, "LocalHost:8089": true, "localhost.:8089": true, "k6.localhost:8089": true,
		"idp.example": true, "idp.example:443": true, "authserver:8089": true, "AUTHSERVER": true, "other.example": true,

		"evil.example": false, "evil.example:8089": false, "localhost.evil.example": false, "notlocalhost": false,
		"127.0.0.1.evil.example": false, "authserver.evil.example:8089": false, "authserver:8089:1": false,
	} {
		want := map[bool]int{true: http.StatusOK, false: http.StatusMisdirectedRequest}[known]
		for _, q := range []request{
			admin(http.MethodPost, "/clients/demo/secret", "{}"), admin(http.MethodPut, "/faults", "{}"),
			admin(http.MethodGet, "/stats", ""),
			get("/stats", ""),
		} {
			q.header.Set("Host", host)
			// The headers of a browser for such a page, which has the server's own origin.
			q.header.Set("Origin", "http://"+host)
			q.header.Set("Sec-Fetch-Site", "same-origin")
			got := q.ask(t, h)
			require.Equal(t, want, got.status, "%s as %q: %s", q.url, host, got.body)
			if !known {
				require.Equal(t, "the Host header does not name this server; use an IP address, localhost, the issuer's "+
					"host, "+
					"or a name in --allow-host", got.member(t, "error_description"))
			}
		}
		health := get("/health", "")
		health.header.Set("Host", host)
		require.Equal(t, http.StatusOK, health.ask(t, h).status)
	}
}

func TestHostsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a:80", "https://a", "ä", "a b"} {
		_, err := New(Config{Clients: []Client{demo}, AllowHosts: []string{name}})
		require.ErrorContains(t, err, "is not the name of a host", name)
	}
}
