package jsmodule

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Neither secret nor tokens are in what is logged, also by hooks that were there before the
// module was imported, as the one of --log-output=file is; nor in metrics, errors or what
// JSON.stringify makes of the module's objects. A script that hands them to a log on purpose gets
// them masked.
func TestSecretAndTokensAreNowhere(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{"client_secret_basic", "client_secret_post"} {
		t.Run(auth, func(t *testing.T) {
			t.Parallel()
			e, a := newEndpoint(t), newAPI(t)
			a.answer = func(n int, w http.ResponseWriter, r *http.Request) bool {
				return n <= 2 && unauthorized(w,
					`Bearer error="invalid_token", error_description="`+r.Header.Get("Authorization")+`"`)
			}
			e.refuse = func(n int, w http.ResponseWriter) bool {
				return n == 3 && oauthError(w, 401, "invalid_client", "wrong secret "+testSecret)
			}
			v := withAPI(t, e, a, "httpMetrics: true, auth: '"+auth+"'")
			v.accepted(a)
			v.state.Options.HTTPDebug.SetValid("full")
			results := v.mustRun(`[
				JSON.stringify(client.get(api).request),
				JSON.stringify(client),
				JSON.stringify(client.stats()),
				(() => { client.invalidate(); try { client.token() } catch (e) { return e.stack + JSON.stringify(e) } })(),
			].join()`).(string)
			require.Contains(t, results, "invalid_client")
			v.forgives()
			for _, value := range []any{
				v.mustRun(`client.token()`), v.mustRun(`JSON.stringify(client.headers())`), testSecret,
				basicAuth("orders", testSecret),
			} {
				v.state.Logger.WithField("field", value).Info(value)
			}

			entries := v.logs.AllEntries()
			require.GreaterOrEqual(t, len(entries), 6)
			texts := []string{results}
			for _, entry := range entries {
				line, err := entry.String()
				require.NoError(t, err)
				texts = append(texts, line)
			}
			for name, samples := range v.sampled() {
				for _, s := range samples {
					texts = append(texts, fmt.Sprint(name, s.Tags.Map(), s.Metadata))
				}
			}
			all := strings.Join(texts, "\n")
			for _, hidden := range []string{
				"issued-token-number", testSecret,
				base64.StdEncoding.EncodeToString([]byte("orders:" + testSecret)),
			} {
				assert.NotContains(t, all, hidden)
			}
		})
	}
}

// A server can also echo a secret as its error code.
func TestSecretAsAnErrorCodeIsHidden(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, testSecret, "words") }
	v := oneVU(t, e, "")
	shown := v.mustRun(`let err; try { client.token() } catch (e) { err = e }
		[err.error, err.message, JSON.stringify(err), client.acquire().error, JSON.stringify(client.acquire())].join()`)
	require.NotContains(t, shown, testSecret)
	require.Contains(t, shown, "REDACTED")
	for name, samples := range v.sampled() {
		for _, s := range samples {
			require.NotContains(t, fmt.Sprint(name, s.Tags.Map(), s.Metadata), testSecret)
		}
	}
}

// A server's words are shortened. What they echo is hidden before that: a part of a secret that is
// left by shortening could not be found any more.
func TestShortenedWordsLeaveNoPartOfASecret(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	part := testSecret[:len(testSecret)/2]
	for padding := maxSafeText - len(testSecret); padding <= maxSafeText; padding++ {
		echo := strings.Repeat("x", padding) + testSecret + "and more words"
		e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 401, "invalid_client", echo) }
		v := oneVU(t, e, "")
		shown := v.mustRun(`let err; try { client.token() } catch (e) { err = e }
			[err.message, err.errorDescription, client.acquire().errorDescription].join()`)
		require.NotContains(t, shown, part, "after %d characters", padding)
		require.Contains(t, shown, "…")
	}
}
