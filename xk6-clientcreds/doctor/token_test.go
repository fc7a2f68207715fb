package doctor

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unsigned makes a JWT whose signature is none.
func unsigned(t *testing.T, header, payload map[string]any) string {
	t.Helper()
	parts := make([]string, 0, 3)
	for _, part := range []map[string]any{header, payload} {
		text, err := json.Marshal(part)
		require.NoError(t, err)
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	return strings.Join(append(parts, "c2lnbmF0dXJl"), ".")
}

func make60k() []byte { return bytes.Repeat([]byte("x"), 60<<10) }

// dropsAudience keeps the audience parameter from the server.
func dropsAudience(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		form := url.Values{}
		for name, values := range r.PostForm {
			if name != "audience" {
				form[name] = values
			}
		}
		body := form.Encode()
		clone, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.URL.String(), strings.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		clone.Header = r.Header.Clone()
		next.ServeHTTP(w, clone)
	})
}

func TestParseJWT(t *testing.T) {
	t.Parallel()
	good := unsigned(t, map[string]any{"alg": "none"}, map[string]any{"exp": 1.5, "aud": []string{"a", "b"}})
	c := parseJWT(good)
	require.NotNil(t, c)
	at, ok := c.Time("exp")
	require.True(t, ok)
	require.Equal(t, time.Unix(1, 5e8), at)
	require.Equal(t, []string{"a", "b"}, c.Audience())
	_, ok = c.Time("iat")
	require.False(t, ok)

	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"opaque":           "2YotnFZFEjr1zCsicMWpAA",
		"dots":             "a.b.c",
		"five parts":       good + ".x.y",
		"header no object": base64.RawURLEncoding.EncodeToString([]byte("null")) + "." + parts[1] + ".x",
		"no alg":           unsigned(t, map[string]any{}, map[string]any{}),
		"padded":           parts[0] + "==." + parts[1] + ".x",
	} {
		require.Nil(t, parseJWT(token), name)
	}
}
