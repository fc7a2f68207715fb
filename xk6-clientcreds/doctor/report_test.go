package doctor

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a report with everything in it that changes what is written.
func sample() *Report {
	r := &Report{
		SchemaVersion: SchemaVersion, StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), DurationMS: 12.34,
		Issuer: "https://idp.example", TokenEndpoint: "https://idp.example/token", ClientID: "demo",
		AuthMethod: "client_secret_basic", BasicEncoding: "form", Counts: make(map[Status]int),
	}
	r.add(redact.New(), []Result{
		{ID: "discovery.rfc8414", Status: OK, Summary: "https://idp.example/.well-known/oauth-authorization-server"},
		{
			ID: "discovery.openid", Status: Info, Summary: "HTTP 404",
			Data: map[string]any{"url": "https://idp.example/x?a=1&b=<2>"},
		},
		{
			ID: "grant.configured", Status: Failed, Summary: "invalid_client (HTTP 401)",
			Hint: "check CLIENT_ID and CLIENT_SECRET, and whether the server expects AUTH=client_secret_post",
		},
		{ID: "grant.other", Status: Skipped, Summary: "not tried"},
		{
			ID: "response.ttl", Status: Warning, Summary: "no expires_in", Hint: "set cache.defaultTtl",
			Data: map[string]any{"expires_in": nil},
		},
	})
	return r
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report.txt":  func(b *bytes.Buffer) error { return sample().WriteText(b, false) },
		"colored.txt": func(b *bytes.Buffer) error { return sample().WriteText(b, true) },
		"report.json": func(b *bytes.Buffer) error { return sample().WriteJSON(b) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		path := "testdata/" + name
		if *update {
			require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), b.String(), name)
	}
}

// The text fits a terminal of 80 columns, except for words that are longer than the column: nobody breaks a URL.
func TestTextFitsATerminal(t *testing.T) {
	t.Parallel()
	const words = "ü is a letter and these are words enough for several lines, so that a break is needed more than once"
	url := "https://idp.example/" + strings.Repeat("x", 80)
	r := &Report{Counts: make(map[Status]int)}
	r.add(redact.New(), []Result{
		{ID: "grant.client_secret_basic_form", Status: Skipped, Summary: words, Hint: words},
		{ID: "grant.configured", Status: OK, Summary: words + " " + url + " " + words},
		{ID: "grant.empty", Status: OK},
	})
	var b strings.Builder
	require.NoError(t, r.WriteText(&b, false))
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, url) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 80, line)
		}
	}
	require.Equal(t, 4, strings.Count(strings.Join(strings.Fields(b.String()), " "), words[:14]), "nothing is lost")
	require.Contains(t, b.String(), url+"\n", "a URL stays whole")
}

// A name as wide as its column stays in the line of its text, and so does a text as wide as its own.
func TestColumns(t *testing.T) {
	t.Parallel()
	name, text := strings.Repeat("n", nameWidth), strings.Repeat("t", textWidth-2)+" t"
	r := &Report{Counts: make(map[Status]int)}
	r.add(redact.New(), []Result{
		{ID: "grant." + name, Status: OK, Summary: text},
		{ID: "grant." + name + "n", Status: OK, Summary: "t" + text, Hint: "t" + text},
	})
	var b strings.Builder
	require.NoError(t, r.WriteText(&b, false))
	blank := strings.Repeat(" ", indent)
	require.Equal(t, "\ngrant\n"+
		"  ✓ ok      "+name+" "+text+"\n"+
		"  ✓ ok      "+name+"n\n"+
		blank+"t"+text[:textWidth-2]+"\n"+
		blank+"t\n"+
		blank+"→ t"+text[:textWidth-2]+"\n"+
		blank+"  t\n"+
		"\nusable: 2 ok\n", b.String())
}

// A server's words do not fill the screen.
func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]string{
		maxShown - 1: strings.Repeat("x", maxShown-1),
		maxShown:     strings.Repeat("x", maxShown-1) + "…",
		maxShown + 9: strings.Repeat("x", maxShown-1) + "…",
	} {
		require.Equal(t, want, shown(redact.New(), strings.Repeat("x", length)))
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for want, statuses := range map[string][]Status{
		"usable: 1 ok, 1 skipped":                {OK, Skipped},
		"usable, with warnings: 1 ok, 1 warning": {OK, Warning},
		"not usable: 1 warning, 1 failed":        {Warning, Failed},
	} {
		r := &Report{Counts: make(map[Status]int)}
		for _, s := range statuses {
			r.add(redact.New(), []Result{{ID: "a.b", Status: s, Summary: "x"}})
		}
		var b strings.Builder
		require.NoError(t, r.WriteText(&b, false))
		require.True(t, strings.HasSuffix(b.String(), "\n"+want+"\n"), b.String())
	}
}

// A server can also echo a secret as its error code.
func TestSecretAsAnErrorCodeIsHidden(t *testing.T) {
	t.Parallel()
	const rare = "Rare-Secret-of-the-client"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": rare})
	}))
	defer server.Close()
	r := examine(t, Config{TokenURL: server.URL + "/token", ClientID: testID, ClientSecret: secret.New(rare)})
	object, err := json.Marshal(r)
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, r.WriteText(&text, false))
	require.NotContains(t, string(object)+text.String(), rare)
	require.Contains(t, text.String(), "REDACTED")
}

// TestNothingSecretIsWritten examines a server that answers with what it got, and the token, wherever it
// can: neither is in what is written, nor what a terminal would obey.
func TestNothingSecretIsWritten(t *testing.T) {
	t.Parallel()
	const rare = `Rare+Secret/of%the=server&x "q"`
	token := unsigned(t, map[string]any{"alg": "none", "kid": rare}, map[string]any{
		"iss": rare, "aud": []any{rare, "x\x1b[31m"}, "sub": "someone@example.com", "jti": "handle-of-the-token",
	})
	var server *httptest.Server
	granted := 0
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "well-known") {
			_ = json.NewEncoder(w).Encode(map[string]any{
				"issuer": server.URL, "token_endpoint": server.URL + "/token?key=in-the-query",
				"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", rare},
				"grant_types_supported":                 []string{rare},
			})
			return
		}
		got := r.Header.Get("Authorization") + " " + r.FormValue("client_secret")
		w.Header().Set("RateLimit-Policy", got+" "+rare+" "+token)
		w.Header().Set("Content-Type", "text/plain; x="+url.QueryEscape(rare))
		if r.URL.Path == "/api" {
			w.Header().Set("WWW-Authenticate", `Bearer error="`+token+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if granted++; granted == 1 {
			_ = json.NewEncoder(w).Encode(map[string]any{
				"access_token": token, "token_type": "Bearer", "scope": rare + " " + token + " \x1b]0;title\x07",
				"expires_in": 60,
			})
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"error":             "invalid_request",
			"error_description": got + " " + rare + " " + token,
		})
	}))
	defer server.Close()
	cfg := Config{
		Issuer: server.URL, APIURL: server.URL + "/api", ClientID: testID, ClientSecret: secret.New(rare),
		AllMethods: true,
	}
	report := examine(t, cfg)
	require.Equal(t, OK, report.get(t, "grant.configured").Status, report.ids())
	require.Equal(t, Warning, report.get(t, "latency.refused").Status)

	var text, colored, encoded strings.Builder
	require.NoError(t, report.WriteText(&text, false))
	require.NoError(t, report.WriteText(&colored, true))
	require.NoError(t, report.WriteJSON(&encoded))
	quoted, err := json.Marshal(rare)
	require.NoError(t, err)
	for where, out := range map[string]string{
		"text": text.String(), "colored": colored.String(),
		"JSON": encoded.String(),
	} {
		require.Contains(t, out, redact.Mask, where)
		for _, hidden := range []string{
			rare, strings.Fields(rare)[0], url.QueryEscape(rare), url.PathEscape(rare),
			strings.Trim(string(quoted), `"`), strings.ReplaceAll(rare, `"`, `\"`),
			base64.StdEncoding.EncodeToString([]byte(testID + ":" + rare)),
			base64.StdEncoding.EncodeToString([]byte(testID + ":" + url.QueryEscape(rare))),
			token, token[:40], strings.Split(token, ".")[1], "someone@example.com", "handle-of-the-token", "in-the-query",
			"\x07", "\x1b]", `\u001b`,
		} {
			require.NotContains(t, out, hidden, where)
		}
	}
	require.NotContains(t, text.String(), "\x1b")
}

func TestShort(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"5m": 5 * time.Minute, "1h": time.Hour, "10h0m10s": 10*time.Hour + 10*time.Second, "10m": 10 * time.Minute,
		"1m30s": 90 * time.Second, "1.5s": 1500 * time.Millisecond, "12ms": 12300 * time.Microsecond,
		"1.23ms": 1234567 * time.Nanosecond, "0s": 0, "10ms": 10_400 * time.Microsecond, "9.99ms": 9990 * time.Microsecond,
		"59.999s": time.Minute - time.Millisecond, "1m": time.Minute, "1h1m": time.Hour + time.Minute,
	} {
		require.Equal(t, want, short(d))
	}
	require.Equal(t, 1234.57, ms(1234567*time.Microsecond))
}
