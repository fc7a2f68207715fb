package jsmodule

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/secretsource"
)

// accepts makes e refuse every client_secret_basic, except for orders with the secret that is returned.
func (e *endpoint) accepts(secret string) (rotate func(secret string)) {
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return e.headers[n-1].Get("Authorization") != basicAuth("orders", secret) && oauthError(w, 401, "invalid_client", "")
	}
	return func(newer string) {
		e.mu.Lock()
		defer e.mu.Unlock()
		secret = newer
	}
}

// ages makes the last reading that found nothing new one of long ago.
func (v *vu) ages() { v.onlyClient().source.rotation.unchanged = time.Time{} }

const newSecret = "the-n3w-s3cr3t-of-the-test"

// One refusal makes all VUs use the new secret, and none of their tokens is lost.
func TestRotatedSecretIsPickedUp(t *testing.T) {
	t.Parallel()
	w, e, root := newWallet(t), newEndpoint(t), New()
	w.write("secret", testSecret+"\n")
	rotate := e.accepts(testSecret)
	var vus []*vu
	for range 4 {
		v := w.vu(root)
		require.NoError(t, v.client(e, `clientSecret: {file: 'secret'}`))
		v.start()
		v.mustRun(`client.token()`)
		vus = append(vus, v)
	}
	require.Equal(t, 4, e.count())
	w.write("secret", newSecret+"\n")
	rotate(newSecret)
	cached := vus[0].mustRun(`client.token()`)
	require.Equal(t, tokenNumber(1), cached, "tokens outlive the secret")
	require.Equal(t, 4, e.count())

	for _, v := range vus {
		v.mustRun(`client.invalidate(); client.token()`)
	}
	assert.Equal(t, 4+1+4, e.count(), "one refusal for all")
	assert.Equal(t, []any{int64(3), int64(1), int64(1)},
		vus[0].mustRun(`(({requests, failed, retries}) => [requests, failed, retries])(client.stats())`))

	samples := vus[0].sampled()
	assert.Equal(t, 1.0, sum(samples["clientcreds_secret_rotations"]))
	assert.Equal(t, []string{"orders"}, tagsOf(samples["clientcreds_secret_rotations"], "client"))
	for _, v := range vus[1:] {
		assert.Empty(t, v.collected()["clientcreds_secret_rotations"])
		assert.Empty(t, v.messages())
	}
	vus[0].state.Logger.Info(testSecret + " and " + newSecret + " and " + basicAuth("orders", newSecret))
	assert.Equal(t, []string{
		`The server refused client "orders"; loaded new credentials from option "clientSecret.file"`,
		"***REDACTED*** and ***REDACTED*** and Basic ***REDACTED***",
	}, vus[0].messages())
}

// acquire() does not retry automatically, but it does not fail for a secret that has been replaced either.
func TestAcquireWithARotatedSecret(t *testing.T) {
	t.Parallel()
	w, e := newWallet(t), newEndpoint(t)
	w.write("secret", testSecret)
	rotate := e.accepts(testSecret)
	v := w.vu(New())
	require.NoError(t, v.client(e, `clientSecret: {file: 'secret'}`))
	v.start()
	assert.Equal(t, "true,0", v.mustRun(`(({ok, retries}) => [ok, retries].join())(client.acquire())`))
	w.write("secret", newSecret)
	rotate(newSecret)
	assert.Equal(t, "true,1", v.mustRun(`(({ok, retries}) => [ok, retries].join())(client.acquire())`))
	assert.Equal(t, "true,0", v.mustRun(`(({ok, retries}) => [ok, retries].join())(client.acquire())`))
	assert.Equal(t, 4, e.count())
}

// A server that refuses every request does not make k6 read the file, or repeat the request, each time.
func TestUnchangedSecretIsNotReadAgainAtOnce(t *testing.T) {
	t.Parallel()
	w, e := newWallet(t), newEndpoint(t)
	path := w.write("secret", testSecret)
	rotate := e.accepts("another")
	v := w.vu(New())
	require.NoError(t, v.client(e, `clientSecret: {file: 'secret'}`))
	v.start()
	v.mustRun(`client.acquire()`)
	assert.Equal(t, 1, e.count(), "the same secret is not sent again")
	read := v.onlyClient().source.rotation.unchanged
	require.False(t, read.IsZero(), "it was read")

	w.write("secret", newSecret)
	rotate(newSecret)
	v.onlyClient().source.rotation.unchanged = time.Now().Add(time.Hour) // as if just now, for all the time of the test
	assert.Equal(t, false, v.mustRun(`client.acquire().ok`))
	assert.Equal(t, 2, e.count())
	v.ages()
	assert.Equal(t, true, v.mustRun(`client.acquire().ok`))
	assert.Equal(t, 4, e.count())

	// A secret that is gone or broken leaves the one at hand, with one warning.
	rotate("another")
	require.NoError(t, os.Remove(path))
	assert.Equal(t, "invalid_client", v.mustRun(`client.acquire().error`))
	v.ages()
	w.write("secret", "half\nwritten")
	assert.Equal(t, "invalid_client", v.mustRun(`client.acquire().error`))
	assert.Equal(t, 6, e.count())
	assert.Equal(t, []string{
		`The server refused client "orders"; loaded new credentials from option "clientSecret.file"`,
		`Client "orders" was rejected, and its credentials cannot be reloaded: option "clientSecret.file" cannot be read: no such file or directory (` + path + `); it must be the path, from the script's folder, of a file to read`,
	}, v.messages())
	rotate(newSecret)
	assert.Equal(t, true, v.mustRun(`client.acquire().ok`))
}

// Of the answers only those that refuse the client make k6 read its secret again.
func TestWhatMakesASecretBeReadAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		code   string
		again  bool
	}{
		"invalid_client":            {401, "invalid_client", true},
		"invalid_client with 400":   {400, "invalid_client", true},
		"401 of something else":     {401, "", true},
		"as Keycloak":               {401, "unauthorized_client", true},
		"as Auth0":                  {401, "access_denied", true},
		"as Spring":                 {401, "Unauthorized", true},
		"in words of its own":       {401, "wrong_secret", true},
		"as Keycloak, for a JWT":    {400, "unauthorized_client", true},
		"401 for another reason":    {401, "use_dpop_nonce", false},
		"401 for a proof":           {401, "invalid_dpop_proof", false},
		"403":                       {403, "", false},
		"invalid_scope":             {400, "invalid_scope", false},
		"a server that is not well": {503, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, e := newWallet(t), newEndpoint(t)
			w.write("secret", testSecret)
			e.refuse = func(n int, w http.ResponseWriter) bool {
				if n > 1 {
					return false
				}
				if c.code != "" {
					return oauthError(w, c.status, c.code, "")
				}
				w.WriteHeader(c.status)
				return true
			}
			v := w.vu(New())
			require.NoError(t, v.client(e, `clientSecret: {file: 'secret'}`))
			v.start()
			w.write("secret", newSecret)
			assert.Equal(t, c.again, v.mustRun(`client.acquire().ok`))
			_, header := e.lastRequest(t)
			assert.Equal(t, c.again, header.Get("Authorization") == basicAuth("orders", newSecret))
		})
	}
}

// The new secret is tried once: a server that goes on refusing gets no more than that.
func TestOneRepetitionForOneRefusal(t *testing.T) {
	t.Parallel()
	w, e := newWallet(t), newEndpoint(t)
	e.refuse = func(n int, r http.ResponseWriter) bool {
		w.write("secret", fmt.Sprintf("secret-number-%d", n)) // while the request is under way
		return oauthError(r, 401, "invalid_client", "")
	}
	w.write("secret", testSecret)
	v := w.vu(New())
	require.NoError(t, v.client(e, `clientSecret: {file: 'secret'}, retry: {attempts: 5, backoff: 0}`))
	v.start()
	v.mustRun(`client.acquire()`)
	assert.Equal(t, 2, e.count())
	v.mustRun(`client.acquire()`)
	assert.Equal(t, 4, e.count())
}

func TestRotatedKeyIsPickedUp(t *testing.T) {
	t.Parallel()
	w, e := newWallet(t), newEndpoint(t)
	other := strings.Replace(testJWK, `"kid":"ed"`, `"kid":"newer"`, 1)
	e.refuse = func(n int, w http.ResponseWriter) bool { return n == 2 && oauthError(w, 401, "invalid_client", "") }
	w.write("key", testJWK)
	v := w.vu(New())
	require.NoError(t, v.client(e, `auth: 'private_key_jwt', key: {file: 'key'}`))
	v.start()
	v.mustRun(`client.acquire()`)
	w.write("key", other)
	v.mustRun(`client.acquire()`)
	require.Equal(t, 3, e.count())
	for n, kid := range []string{"ed", "ed", "newer"} {
		assert.Equal(t, kid, e.sentClaims(t, n)["kid"])
	}
	assert.Contains(t, v.messages()[0], `loaded new credentials from option "key.file"`)
}

// introspect() is one request. It makes the next one right.
func TestRotatedSecretAtTheOtherEndpoints(t *testing.T) {
	t.Parallel()
	w, e := newWallet(t), newEndpoint(t)
	w.write("secret", testSecret)
	rotate := e.accepts(testSecret)
	v := w.vu(New())
	require.NoError(t, v.client(e, fmt.Sprintf(`clientSecret: {file: 'secret'}, introspectionUrl: %q`, e.URL)))
	v.start()
	w.write("secret", newSecret)
	rotate(newSecret)
	assert.Equal(t, "invalid_client", v.mustRun(`client.introspect('a-token').error`))
	assert.Equal(t, "invalid_response", v.mustRun(`client.introspect('a-token').error`),
		"no introspection, but no refusal either")
	assert.Equal(t, 2, e.count())
}

// A client is known by where its secret is, not by the secret: VUs that begin after a rotation share
// the client of the others.
func TestClientIsTheSameAfterARotation(t *testing.T) {
	t.Parallel()
	w, e, root := newWallet(t), newEndpoint(t), New()
	w.write("secret", testSecret)
	before, after := w.vu(root), w.vu(root)
	require.NoError(t, before.client(e, `clientSecret: {file: 'secret'}`))
	w.write("secret", newSecret)
	require.NoError(t, after.client(e, `clientSecret: {file: './secret'}`))
	assert.Same(t, before.onlyClient().source, after.onlyClient().source)
	require.NoError(t, after.client(e, fmt.Sprintf(`clientSecret: {file: %q}`, filepath.Join(w.dir, "secret"))))
	assert.Len(t, after.module.clients, 1)
	require.NoError(t, os.Remove(filepath.Join(w.dir, "secret")))
	require.NoError(t, w.vu(root).client(e, `clientSecret: {file: 'secret'}`),
		"a VU that begins while the file is being replaced")
	w.write("other", newSecret)
	require.NoError(t, after.client(e, `clientSecret: {file: 'other'}`))
	assert.Len(t, after.module.clients, 2)
	assert.NotContains(t, before.onlyClient().source.key, testSecret)
}

// Many VUs that are refused at once read the file once and count one rotation.
func TestConcurrentRefusals(t *testing.T) {
	t.Parallel()
	w, e, root := newWallet(t), newEndpoint(t), New()
	w.write("secret", testSecret)
	rotate := e.accepts(testSecret)
	var vus []*vu
	for range 8 {
		v := w.vu(root)
		require.NoError(t, v.client(e, `clientSecret: {file: 'secret'}`))
		v.start()
		vus = append(vus, v)
	}
	w.write("secret", newSecret)
	rotate(newSecret)
	var running sync.WaitGroup
	for _, v := range vus {
		running.Go(func() { assert.Equal(t, true, v.mustRun(`client.acquire().ok`)) })
	}
	running.Wait()
	rotations, refusals := 0.0, 0
	for _, v := range vus {
		samples := v.collected()
		rotations += sum(samples["clientcreds_secret_rotations"])
		refusals += len(samples["clientcreds_requests"]) - 1
	}
	assert.Equal(t, 1.0, rotations)
	assert.LessOrEqual(t, refusals, 8, "at most one for each VU")
}

// k6 keeps what a source has said for the whole run: a secret of a source does not rotate.
func TestK6KeepsTheSecretsOfItsSources(t *testing.T) {
	t.Parallel()
	w, e := newWallet(t), newEndpoint(t)
	source := vault{"the-secret": testSecret}
	w.sources = map[string]secretsource.Source{"default": &source}
	e.accepts(newSecret)
	v := w.vu(New())
	require.NoError(t, v.client(e, `clientSecret: {secret: 'the-secret'}`))
	v.start()
	source["the-secret"] = newSecret
	assert.Equal(t, "invalid_client", v.mustRun(`client.acquire().error`))
	assert.Equal(t, 1, e.count())
}
