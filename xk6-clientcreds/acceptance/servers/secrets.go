package servers

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// IssuedTokens collects every token that a token endpoint issues.
type IssuedTokens struct {
	mu   sync.Mutex
	list []string
}

// Record is the middleware that sees the tokens.
func (i *IssuedTokens) Record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		var body struct {
			AccessToken string `json:"access_token"`
		}
		if json.Unmarshal(answer.Body.Bytes(), &body) == nil && body.AccessToken != "" {
			i.mu.Lock()
			i.list = append(i.list, body.AccessToken)
			i.mu.Unlock()
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// All returns the tokens so far.
func (i *IssuedTokens) All() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.list)
}

// Secrets with characters that every encoding changes.
const (
	RareSecret  = `Rare+Secret/of%the=run&x "q"`
	WrongSecret = `Wrong+Secret/of%the=run&x "q"`
)

// spellings are the ways in which a secret could be written down.
func spellings(id, secret string) map[string]string {
	form := url.QueryEscape(secret)
	quoted, err := json.Marshal(secret)
	if err != nil {
		panic(err) // a string
	}
	return map[string]string{
		"as it is":               secret,
		"form-encoded":           form,
		"percent-encoded":        url.PathEscape(secret),
		"as a JSON string":       strings.Trim(string(quoted), `"`),
		"in Base64":              base64.StdEncoding.EncodeToString([]byte(secret)),
		"as Basic credentials":   base64.StdEncoding.EncodeToString([]byte(id + ":" + secret)),
		"as encoded credentials": base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + form)),
	}
}

// HoldsNone fails the test if text contains one of the secrets, in any encoding, or one of the tokens.
func HoldsNone(t *testing.T, where, text string, secrets, tokens []string) {
	t.Helper()
	require.NotEmpty(t, text, where)
	for _, secret := range secrets {
		for how, s := range spellings(LocalID, secret) {
			if i := strings.Index(text, s); i >= 0 {
				t.Errorf("%s holds a secret %s: …%s…", where, how, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
	for _, token := range tokens {
		if i := strings.Index(text, token); i >= 0 {
			t.Errorf("%s holds a token: …%s…", where, text[max(0, i-80):min(len(text), i+20)])
		}
	}
}
