package registration

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestRegisterThenDelete(t *testing.T) {
	t.Parallel()
	s := newServer()
	r, path := newRun(t, s, func(c *Template) { c.Scope = "orders.read" })
	require.NoError(t, r.Register(t.Context(), 25))
	require.Len(t, s.clients, 25)
	clients := pool(t, r.Journal)
	require.Len(t, clients, 25)
	for _, c := range clients {
		id, _ := c["client_id"].(string)
		require.Equal(t, map[string]any{
			"client_id": id, "client_secret": "secret-of-" + id, "token_endpoint_auth_method": "client_secret_basic",
			"scope": "orders.read",
		}, c, "what manages a client is not in the pool")
		require.Equal(t, "orders.read", s.clients[id]["scope"])
		require.Equal(t, []any{"client_credentials"}, s.clients[id]["grant_types"])
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.NoError(t, r.Journal.Close())

	r = reopen(t, s, path)
	s.clients["somebody-elses"] = map[string]any{"client_name": "other"}
	d, err := r.Delete(t.Context())
	require.NoError(t, err)
	require.Equal(t, &Deletion{Deleted: 25}, d)
	require.Equal(t, map[string]int{"other": 1}, s.names(), "no other client is deleted")
	require.Empty(t, pool(t, r.Journal))
}

// Any byte of the journal may be the last one that a killed process has written.
func TestInterruptedAnywhere(t *testing.T) {
	t.Parallel()
	s := newServer()
	r, path := newRun(t, s, nil)
	r.Concurrency = 2
	require.NoError(t, r.Register(t.Context(), 4))
	require.NoError(t, r.Journal.Close())
	whole, err := os.ReadFile(path) // #nosec G304 -- of this test
	require.NoError(t, err)
	first := bytes.IndexByte(whole, '\n') + 1
	for size := first; size <= len(whole); size += 7 {
		require.NoError(t, os.WriteFile(path, whole[:size], 0o600))
		r := reopen(t, s, path)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, int64(bytes.LastIndexByte(whole[:size], '\n')+1), info.Size(), "what is not whole is gone")
		known, unknown := len(pool(t, r.Journal)), len(r.Journal.Unknown())
		require.Equal(t, strings.Count(string(whole[:size]), `"event":"sent"`), known+unknown+torn(whole[:size]), size)
		require.NoError(t, r.Register(t.Context(), 4), size)
		require.Len(t, pool(t, r.Journal), 4, size)
		require.Len(t, r.Journal.Unknown(), unknown, size)
		require.NoError(t, r.Journal.Close())
		again := reopen(t, s, path)
		require.Len(t, pool(t, again.Journal), 4, "after byte %d", size)
		require.NoError(t, again.Journal.Close())
	}
	for name, n := range s.names() {
		if name != "load-5" { // numbers are used again only if the journal does not know them
			require.Positive(t, n)
		}
	}
}

// torn is 1 if the last line is a request that is not whole.
func torn(text []byte) int {
	last := string(text[bytes.LastIndexByte(text, '\n')+1:])
	return strings.Count(last, `"event":"sent"`)
}

// A request without an answer is known to be one, and its client is not counted.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.answer = func(n int, _ *http.Request) (*http.Response, bool, error) {
		if n == 3 {
			return nil, true, syscall.ECONNRESET
		}
		return nil, false, nil
	}
	r, path := newRun(t, s, nil)
	r.Concurrency = 1
	err := r.Register(t.Context(), 5)
	require.ErrorContains(t, err, `the server may have registered the client "load-3", whose credentials are lost`)
	require.Equal(t, []string{"load-3"}, r.Journal.Unknown())
	require.Equal(t, 2, r.Journal.Registered())
	require.NoError(t, r.Journal.Close())
	r = reopen(t, s, path)
	require.NoError(t, r.Register(t.Context(), 5))
	require.Len(t, pool(t, r.Journal), 5)
	require.Equal(t, []string{"load-3"}, r.Journal.Unknown())
	require.Len(t, s.clients, 6, "the lost one, too, and no name twice")
	require.Len(t, s.names(), 6)
}

func TestBusyServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(n int, _ *http.Request) (*http.Response, bool, error) {
			switch n {
			case 2:
				return response(http.StatusTooManyRequests, "", "Retry-After", "60"), false, nil
			case 3:
				return response(http.StatusServiceUnavailable, ""), false, nil
			case 4:
				return nil, false, syscall.ECONNREFUSED
			}
			return nil, false, nil
		}
		r, _ := newRun(t, s, nil)
		r.Concurrency = 1
		begin := time.Now()
		require.NoError(t, r.Register(t.Context(), 3))
		require.Len(t, s.clients, 3)
		require.Equal(t, 60*time.Second+firstHold+2*firstHold, time.Since(begin), "one wait by Retry-After, two by backoff")
		require.Empty(t, r.Journal.Unknown())
	})
}

func TestBusyServerIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(int, *http.Request) (*http.Response, bool, error) {
			return response(http.StatusTooManyRequests, ""), false, nil
		}
		r, _ := newRun(t, s, nil)
		begin := time.Now()
		require.ErrorContains(t, r.Register(t.Context(), 3), "HTTP 429")
		require.Len(t, s.requests, maxBusy, "the first client alone tries it")
		require.Equal(t, (1+2+4+8+16+30+30)*time.Second, time.Since(begin))
		require.Empty(t, r.Journal.Unknown())
	})
}

// A server that asks for more than five minutes is not waited for.
func TestLongestHold(t *testing.T) {
	t.Parallel()
	for seconds, requests := range map[int]int{300: 2, 301: 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.answer = func(n int, _ *http.Request) (*http.Response, bool, error) {
				if n == 1 {
					return response(http.StatusTooManyRequests, "", "Retry-After", strconv.Itoa(seconds)), false, nil
				}
				return nil, false, nil
			}
			r, _ := newRun(t, s, nil)
			err := r.Register(t.Context(), 1)
			require.Equal(t, requests == 1, err != nil, seconds)
			require.Len(t, s.requests, requests)
		})
	}
}

// Which failures leave it open whether the server did what it was asked for, and after which it may do so later.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err        oauth.Error
		busy, open bool
	}{
		{oauth.Error{Code: oauth.CodeConnectionRefused}, true, false},
		{oauth.Error{Code: oauth.CodeDNS}, true, false},
		{oauth.Error{Code: oauth.CodeTLS}, false, false},
		{oauth.Error{Code: oauth.CodeClientAuth}, false, false},
		{oauth.Error{Code: oauth.CodeConnectionReset}, false, true},
		{oauth.Error{Code: oauth.CodeTimeout}, false, true},
		{oauth.Error{Code: oauth.CodeInvalidResponse, Status: 201}, false, true},
		{oauth.Error{Code: oauth.CodeHTTPError, Status: 299}, false, true},
		{oauth.Error{Code: oauth.CodeHTTPError, Status: 300}, false, false},
		{oauth.Error{Code: "invalid_client_metadata", Status: 400}, false, false},
		{oauth.Error{Code: oauth.CodeHTTPError, Status: 429}, true, false},
		{oauth.Error{Code: oauth.CodeHTTPError, Status: 499}, false, false},
		{oauth.Error{Code: oauth.CodeHTTPError, Status: 500}, false, true},
		{oauth.Error{Code: oauth.CodeHTTPError, Status: 502}, false, true},
		{oauth.Error{Code: oauth.CodeHTTPError, Status: 503}, true, false},
	} {
		require.Equal(t, c.busy, busy(&c.err), c.err)
		require.Equal(t, c.open, mayHaveWorked(&c.err), c.err)
	}
}

func TestRateIsLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		r, _ := newRun(t, s, nil)
		r.Rate = 4
		begin := time.Now()
		require.NoError(t, r.Register(t.Context(), 9))
		require.Equal(t, 2*time.Second, time.Since(begin), "8 intervals of 250 ms")
	})
}

// A request that cannot succeed is sent once, and the token is not in the error.
func TestRefusedTokenIsTriedOnce(t *testing.T) {
	t.Parallel()
	s := newServer()
	r, _ := newRun(t, s, nil)
	r.Endpoint.InitialAccessToken = secret.New("wr0ng-t0ken")
	err := r.Register(t.Context(), 100)
	require.ErrorContains(t, err, "invalid_token (HTTP 401): not valid: Bearer ***")
	require.NotContains(t, err.Error(), "wr0ng-t0ken")
	require.Len(t, s.requests, 1)
	require.Zero(t, r.Journal.Registered())
	require.Empty(t, r.Journal.Unknown())
}

func TestInterruptionWaitsForRequests(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := newServer()
	s.answer = func(n int, _ *http.Request) (*http.Response, bool, error) {
		if n == 4 {
			cancel()
		}
		return nil, false, nil
	}
	r, _ := newRun(t, s, nil)
	require.ErrorIs(t, r.Register(ctx, 50), context.Canceled)
	require.Empty(t, r.Journal.Unknown())
	require.Equal(t, len(s.clients), r.Journal.Registered())
	require.Less(t, len(s.clients), 50)
}

// A client that a load test could not use does not stay.
func TestUnusableClientIsDeletedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(map[string]any)
		problem string
	}{
		"method": {
			func(m map[string]any) { m["token_endpoint_auth_method"] = "client_secret_post" },
			"with the authentication method client_secret_post instead of client_secret_basic",
		},
		"secret": {func(m map[string]any) { delete(m, "client_secret") }, "has no client_secret"},
		"grant": {
			func(m map[string]any) { m["grant_types"] = []string{"authorization_code"} },
			"without the grant type client_credentials",
		},
		"scope": {func(m map[string]any) { m["scope"] = "other" }, "without the scope orders.read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer()
			s.change = c.change
			r, _ := newRun(t, s, func(c *Template) { c.Scope = "orders.read" })
			require.ErrorContains(t, r.Register(t.Context(), 3), c.problem)
			require.Empty(t, s.clients)
			require.Equal(t, []string{http.MethodPost, http.MethodDelete}, s.requests)
			require.Empty(t, r.Journal.Unknown())
		})
	}
}

// A client that cannot be noted does not stay.
func TestJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newServer()
	r, path := newRun(t, s, nil)
	s.answer = func(n int, req *http.Request) (*http.Response, bool, error) {
		if n == 3 && req.Method == http.MethodPost {
			require.NoError(t, r.Journal.file.Close())
		}
		return nil, false, nil
	}
	r.Concurrency = 1
	err := r.Register(t.Context(), 5)
	require.ErrorContains(t, err, `the journal cannot be written: file already closed; the client "load-3" was deleted again`)
	require.Len(t, s.clients, 2)
	again := reopen(t, s, path)
	require.Equal(t, []string{"load-3"}, again.Journal.Unknown())
	require.Len(t, pool(t, again.Journal), 2)
}

func TestDeletionGoesOn(t *testing.T) {
	t.Parallel()
	s := newServer()
	r, path := newRun(t, s, nil)
	require.NoError(t, r.Register(t.Context(), 6))
	s.requests = nil
	// The second is deleted, and its answer lost.
	s.answer = func(n int, _ *http.Request) (*http.Response, bool, error) {
		if n == 2 {
			return nil, true, errors.New("cut off")
		}
		return nil, false, nil
	}
	r.Concurrency = 1
	_, err := r.Delete(t.Context())
	require.ErrorContains(t, err, "cut off")
	require.Len(t, s.clients, 4)
	require.NoError(t, r.Journal.Close())
	s.answer = nil
	r = reopen(t, s, path)
	d, err := r.Delete(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, d.Deleted)
	require.NoError(t, d.Refused)
	require.Empty(t, s.clients)
}

// A refusal may mean that the token is wrong, so the client counts as registered.
func TestRefusedDeletion(t *testing.T) {
	t.Parallel()
	s := newServer()
	r, _ := newRun(t, s, nil)
	require.NoError(t, r.Register(t.Context(), 3))
	delete(s.clients, "id-2")
	d, err := r.Delete(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, d.Deleted)
	require.Equal(t, 1, d.Refusals)
	require.EqualError(t, d.Refused, "client id-2: invalid_token (HTTP 401)")
	require.Equal(t, 1, r.Journal.Registered())
}

// A client that is gone needs no deletion. Without a token that is known to be right, 401 does not say so.
func TestDeletedByOthers(t *testing.T) {
	t.Parallel()
	for status, deleted := range map[int]int{404: 1, 410: 1, 401: 0, 403: 0, 409: 0} {
		s := newServer()
		r, _ := newRun(t, s, nil)
		require.NoError(t, r.Register(t.Context(), 1))
		s.answer = func(int, *http.Request) (*http.Response, bool, error) { return response(status, ""), false, nil }
		d, err := r.Delete(t.Context())
		require.NoError(t, err)
		require.Equal(t, deleted, d.Deleted, status)
		require.Equal(t, 1-deleted, r.Journal.Registered(), status)
	}
}

func TestServerWithoutManagement(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.change = func(m map[string]any) { delete(m, "registration_access_token") }
	r, _ := newRun(t, s, nil)
	require.NoError(t, r.Register(t.Context(), 2))
	d, err := r.Delete(t.Context())
	require.NoError(t, err)
	require.Len(t, d.Unmanaged, 2)
	require.Equal(t, 2, r.Journal.Registered())
}

// A token must not go to a place that others can listen at.
func TestManagementInTheClear(t *testing.T) {
	t.Parallel()
	s := newServer()
	e := Endpoint{URL: endpoint, Do: s.do}
	require.ErrorContains(t, e.Delete(t.Context(), "http://idp.test/register/a", "token"), "not an https URL")
	require.Empty(t, s.requests)
}
