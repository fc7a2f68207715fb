package jsmodule

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// ofProcess returns the counts of validity() for the process.
func ofProcess(v *vu) map[string]any {
	v.t.Helper()
	return v.mustRun(`JSON.parse(JSON.stringify(validity({metrics: {}}).process))`).(map[string]any)
}

// Every failure is counted by its cause, of each kind of request, with what was said the first time.
func TestFailuresAreCountedByCause(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return n <= 3 && oauthError(w, 400, "invalid_scope",
			fmt.Sprintf("no such scope, says answer %d to %s", n, testSecret))
	}
	a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		switch n {
		case 1:
			return unauthorized(w, `Bearer error="insufficient_scope"`)
		case 2, 3:
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	v := withAPI(t, e, a, "")
	v.mustRun(`
		client.acquire(); client.acquire();
		try { client.token() } catch (e) {}`)
	v.forgives()
	v.mustRun(`
		client.get(api); client.get(api); client.post(api); client.get(api);
		client.get('http://127.0.0.1:1/');
		new Client({tokenUrl: 'http://127.0.0.1:1/token', introspectionUrl: api, revocationUrl: api, clientId: 'x', clientSecret: 'y'}).introspect('z')`)
	got := ofProcess(v)
	refused := "connection refused (127.0.0.1:1)"
	assert.Equal(t, []any{
		map[string]any{
			"request": "token", "error": "invalid_scope", "status": int64(400), "count": int64(3),
			"said": "no such scope, says answer 1 to ***REDACTED***",
		},
		map[string]any{"request": "api", "error": "http_error", "status": int64(502), "count": int64(2), "said": ""},
		map[string]any{
			"request": "api", "error": "connection_refused", "status": int64(0), "count": int64(1),
			"said": refused,
		},
		map[string]any{
			"request": "api", "error": "insufficient_scope", "status": int64(401), "count": int64(1),
			"said": `Bearer error="insufficient_scope"`,
		},
		map[string]any{
			"request": "introspection", "error": "invalid_response", "status": int64(200), "count": int64(1),
			"said": got["failures"].([]any)[4].(map[string]any)["said"],
		},
	}, got["failures"])
	assert.Equal(t, map[string]any{
		"cold": int64(2), "early": int64(0), "expired": int64(0), "rejected": int64(0),
		"acquire": int64(2),
	}, got["tokenRequests"])
}

// A token that cannot even be asked for is a failure, and not a request.
func TestFailuresOfWhatWasNotSent(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.mustRun(`globalThis.client = new Client({issuer: 'http://127.0.0.1:1', clientId: 'x', clientSecret: 'y'})`)
	v.start()
	v.mustRun(`client.acquire()`)
	got := ofProcess(v)
	require.Len(t, got["failures"], 1)
	assert.Equal(t, "connection_refused", got["failures"].([]any)[0].(map[string]any)["error"])
	assert.Equal(t, int64(0), got["tokenRequests"].(map[string]any)["acquire"])
}

// A server that answers with ever other errors does not grow the process.
func TestFailuresAreBounded(t *testing.T) {
	t.Parallel()
	var f failures
	for status := range 3 * maxFailures {
		f.addError(requestToken, &oauth.Error{
			Code: fmt.Sprintf("error_%d", status), Status: 400 + status,
			Description: strings.Repeat("x", 10),
		})
		f.add(failureKind{requestAPI, "http_error", 400 + status}, "")
	}
	list := f.list()
	assert.Len(t, list, maxFailures+2, "the last two are for all others, of tokens and of APIs")
	total := int64(0)
	for _, known := range list {
		total += known.count
	}
	assert.EqualValues(t, 6*maxFailures, total)
	assert.Equal(t, "other", list[0].label)
}

// A request that k6 gave up because the iteration was over has not failed.
func TestAnEndedIterationIsNoFailureOfTheAPI(t *testing.T) {
	t.Parallel()
	var f failures
	for err, want := range map[error]int{context.Canceled: 0, errors.New("broken"): 1} {
		var refusal atomic.Pointer[oauth.Error]
		base := transportFunc(func(*http.Request) (*http.Response, error) { return nil, err })
		transport := &watchedTransport{base: base, failures: &f, refusal: &refusal}
		_, got := transport.RoundTrip(httptest.NewRequest(http.MethodGet, "http://api.example/", nil)) //nolint:bodyclose // there is none
		require.Equal(t, err, got)
		require.Len(t, f.list(), want)
		f.known = nil
	}
}

// k6's only word about an iteration that failed is a line in its log.
func TestFailedIterationsAreCounted(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.start()
	executor := v.state.Logger.WithFields(logrus.Fields{"scenario": "api", "executor": "constant-vus"})
	executor.WithField("source", "stacktrace").Error("TokenError: no")
	executor.Error("Uncaught (in promise) no")
	executor.WithError(errors.New("no")).Error("Cannot get a VU from the buffer")
	executor.Warn("Insufficient VUs")
	v.state.Logger.Error("setup: no")
	assert.Equal(t, int64(2), ofProcess(v)["failedIterations"])
}

func TestTheRecordOfTheRun(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.start()
	assert.Nil(t, ofProcess(v)["record"])
	v.module.process.run.Written("build/r.json", nil)
	assert.Equal(t, "build/r.json", ofProcess(v)["record"])
}
