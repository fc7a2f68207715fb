package jsmodule

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sirupsen/logrus"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// The requests that can fail.
const (
	requestToken         = "token"
	requestIntrospection = "introspection"
	requestRevocation    = "revocation"
	requestAPI           = "api"
)

// maxSaid bounds what is kept of a server's words, in characters: more than is ever shown.
const maxSaid = 4096

// maxFailures bounds the failures that are counted separately: a server may answer with any status.
const maxFailures = 100

// failures counts the failed requests of a process by what went wrong. The summary of a run says so,
// and the data that k6 hands out for it have no values of tags.
type failures struct {
	mu    sync.Mutex
	known map[failureKind]*failure
}

type failureKind struct {
	request string
	label   string // as the tag error
	status  int    // 0 when there was no answer
}

type failure struct {
	failureKind

	count int64
	// said is the server's description of the first failure, or its cause. It is not sanitised: that has to
	// happen when it is shown, because by then more secrets and tokens are known.
	said string
}

// add counts one failure.
func (f *failures) add(kind failureKind, said string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known[kind] == nil {
		if len(f.known) >= maxFailures {
			kind, said = failureKind{request: kind.request, label: "other"}, ""
		}
		if f.known == nil {
			f.known = make(map[failureKind]*failure)
		}
		if f.known[kind] == nil {
			f.known[kind] = &failure{failureKind: kind}
		}
	}
	known := f.known[kind]
	known.count++
	if known.said == "" {
		known.said = oauth.Printable(said, maxSaid)
	}
}

// addError counts a request that failed with err.
func (f *failures) addError(request string, err *oauth.Error) {
	f.add(failureKind{request, err.Label(), err.Status}, err.Description)
}

// watchedTransport counts what fails of the requests to an API, and keeps the refusal of a guard.
type watchedTransport struct {
	base     http.RoundTripper
	failures *failures
	refusal  *atomic.Pointer[oauth.Error]
}

// RoundTrip implements http.RoundTripper. A request that ended with its iteration has not failed.
func (t *watchedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		failure := oauth.TransportError(err)
		t.failures.addError(requestAPI, failure)
		if guarded(failure) {
			t.refusal.Store(failure)
		}
	case err == nil && resp.StatusCode >= http.StatusBadRequest:
		label, challenge := oauth.CodeHTTPError, resp.Header.Get(headerChallenge)
		if reason := oauth.ChallengeError([]string{challenge}); reason != "" {
			label = oauth.RejectionLabel(reason)
		}
		t.failures.add(failureKind{requestAPI, label, resp.StatusCode}, challenge)
	}
	return resp, err
}

// list returns the failures, the most frequent first.
func (f *failures) list() []failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]failure, 0, len(f.known))
	for _, known := range f.known {
		list = append(list, *known)
	}
	slices.SortFunc(list, func(a, b failure) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.request, b.request),
			cmp.Compare(a.label, b.label), cmp.Compare(a.status, b.status))
	})
	return list
}

// failedIterations counts the iterations that ended with an exception. k6 counts them as completed,
// and all that it does about them is a line in its log.
type failedIterations struct{ count atomic.Int64 }

// Levels implements logrus.Hook.
func (*failedIterations) Levels() []logrus.Level { return []logrus.Level{logrus.ErrorLevel} }

// Fire implements logrus.Hook. The lines of executors name their scenario; those that are not about
// an iteration have an error of Go.
func (f *failedIterations) Fire(e *logrus.Entry) error {
	if e.Data["executor"] != nil && e.Data["scenario"] != nil && e.Data[logrus.ErrorKey] == nil {
		f.count.Add(1)
	}
	return nil
}
