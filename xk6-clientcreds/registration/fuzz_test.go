package registration

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// Whatever a file holds: it is a journal that can be read again, or it stays as it is.
func FuzzJournal(f *testing.F) {
	const begin = `{"event":"begin","version":1,"settings":{"registration_endpoint":"https://idp.test/register"}}` + "\n"
	f.Add(begin)
	f.Add(begin + `{"event":"sent","number":1}` + "\n" + `{"event":"registered","number":1,"client":{"client_id":"a"}}` + "\n")
	f.Add(begin + `{"event":"deleting","number":-1}` + "\n" + `{"event":"deleted","number":9223372036854775807}` + "\n" + `{"event`)
	f.Add("null\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "journal")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		j, err := OpenJournal(path)
		if err != nil {
			after, err := os.ReadFile(path) // #nosec G304 -- of this test
			require.NoError(t, err)
			require.Equal(t, text, string(after))
			return
		}
		registered, unknown := j.Registered(), j.Unknown()
		pool, err := j.Pool()
		require.NoError(t, err)
		require.Equal(t, registered == 0, pool == nil)
		require.NoError(t, j.Close())
		j, err = OpenJournal(path)
		require.NoError(t, err)
		require.Equal(t, registered, j.Registered())
		require.Equal(t, unknown, j.Unknown())
		require.NoError(t, j.Close())
	})
}

// Whatever a server answers to a registration: it is a client, or an error without control characters and tokens.
func FuzzRegistrationResponse(f *testing.F) {
	f.Add(201, `{"client_id":"a","client_secret":"s","registration_client_uri":"https://idp.test/register/a"}`)
	f.Add(200, `{"client_id":""}`)
	f.Add(400, `{"error":"invalid_client_metadata","error_description":"\u001b[2J initial-access-token"}`)
	f.Add(300, `{"error":"initial-access-token"}`)
	f.Add(429, "<html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		e := Endpoint{
			URL: endpoint, InitialAccessToken: secret.New(initial),
			Do: func(*http.Request) (*http.Response, error) { return response(status, body), nil },
		}
		r, err := e.Register(context.Background(), map[string]any{"client_name": "a"})
		if err == nil {
			require.NotEmpty(t, r.ID)
			return
		}
		var failure *oauth.Error
		require.ErrorAs(t, err, &failure)
		require.NotContains(t, err.Error(), initial)
		require.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err.Error())
	})
}
