package oauth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script answers the first request with the first Doer, and so on, and the last one for ever. It
// notes when requests came.
type script struct {
	begin time.Time
	at    []time.Duration
	steps []Doer
}

func play(steps ...Doer) *script { return &script{begin: time.Now(), steps: steps} }

func (s *script) do(r *http.Request) (*http.Response, error) {
	s.at = append(s.at, time.Since(s.begin))
	return s.steps[min(len(s.at), len(s.steps))-1](r)
}

var (
	token200      = always(200, typeJSON, `{"access_token":"at"}`)
	plain503      = always(503, "text/plain", "busy")
	refused  Doer = func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }
)

func retryAfterHeader(value string) Doer {
	return always(429, typeJSON, `{"error":"slow_down"}`, "Retry-After", value)
}

func half() float64  { return 0.5 }
func whole() float64 { return 1 }

const ms = time.Millisecond

// When the requests go out, on a clock that only the waits move. The bubble's clock begins at
// 2000-01-01 00:00:00 UTC.
func TestRetryTimes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		retry Retry
		steps []Doer
		at    []time.Duration
		want  string // the error
	}{
		"zero value sends once": {
			Retry{},
			[]Doer{plain503},
			[]time.Duration{0},
			"http_error (HTTP 503): the answer is not JSON, but text/plain: busy",
		},
		"success needs no retry": {Retry{Attempts: 5}, []Doer{token200}, []time.Duration{0}, ""},
		"backoff doubles": {
			Retry{Attempts: 6, Backoff: 100 * ms, Rand: whole},
			[]Doer{plain503},
			[]time.Duration{0, 100 * ms, 300 * ms, 700 * ms, 1500 * ms, 3100 * ms},
			"http_error (HTTP 503): the answer is not JSON, but text/plain: busy",
		},
		"a random part of it": {
			Retry{Attempts: 4, Backoff: 100 * ms, Rand: half},
			[]Doer{plain503, refused, plain503, token200},
			[]time.Duration{0, 50 * ms, 150 * ms, 350 * ms},
			"",
		},
		"none of it": {
			Retry{Attempts: 3, Backoff: time.Hour, Rand: func() float64 { return 0 }},
			[]Doer{refused},
			[]time.Duration{0, 0, 0},
			"connection_refused: connection refused",
		},
		"up to MaxBackoff": {
			Retry{Attempts: 6, Backoff: 100 * ms, MaxBackoff: 250 * ms, Rand: whole},
			[]Doer{plain503},
			[]time.Duration{0, 100 * ms, 300 * ms, 550 * ms, 800 * ms, 1050 * ms},
			"http_error (HTTP 503): the answer is not JSON, but text/plain: busy",
		},
		"Backoff beyond MaxBackoff": {
			Retry{Attempts: 2, Backoff: time.Second, MaxBackoff: 250 * ms, Rand: whole},
			[]Doer{plain503},
			[]time.Duration{0, 250 * ms},
			"http_error (HTTP 503): the answer is not JSON, but text/plain: busy",
		},
		"Retry-After in seconds": {
			Retry{Attempts: 3, Backoff: 100 * ms, MaxBackoff: time.Second, Rand: whole},
			[]Doer{retryAfterHeader("7"), plain503, token200},
			[]time.Duration{0, 7 * time.Second, 7200 * ms},
			"",
		},
		"Retry-After as a date": {
			Retry{Attempts: 2, Backoff: 100 * ms},
			[]Doer{retryAfterHeader("Sat, 01 Jan 2000 00:00:09 GMT"), token200},
			[]time.Duration{0, 9 * time.Second},
			"",
		},
		"Retry-After in the past": {
			Retry{Attempts: 2, Backoff: 100 * ms, Rand: whole},
			[]Doer{retryAfterHeader("Fri, 31 Dec 1999 00:00:00 GMT"), token200},
			[]time.Duration{0, 100 * ms},
			"",
		},
		"Retry-After 0": {
			Retry{Attempts: 2, Backoff: 100 * ms, Rand: whole},
			[]Doer{retryAfterHeader("0"), token200},
			[]time.Duration{0, 100 * ms},
			"",
		},
		"Retry-After within the budget": {
			Retry{Attempts: 2, Budget: 7*time.Second + 1},
			[]Doer{retryAfterHeader("7"), token200},
			[]time.Duration{0, 7 * time.Second},
			"",
		},
		"Retry-After as long as the budget": {
			Retry{Attempts: 2, Budget: 7 * time.Second},
			[]Doer{retryAfterHeader("7"), token200},
			[]time.Duration{0},
			"slow_down (HTTP 429) (retry after 7s)",
		},
		"Retry-After without end": {
			Retry{Attempts: 2, Budget: time.Minute},
			[]Doer{retryAfterHeader("99999999999999999999"), token200},
			[]time.Duration{0},
			"slow_down (HTTP 429) (retry after 876000h0m0s)",
		},
		"Retry-After at the end of time": {
			Retry{Attempts: 2, Budget: time.Minute},
			[]Doer{retryAfterHeader("Fri, 31 Dec 9999 23:59:59 GMT"), token200},
			[]time.Duration{0},
			"slow_down (HTTP 429) (retry after 876000h0m0s)",
		},
		"the budget holds all waits": {
			Retry{Attempts: 9, Backoff: time.Second, Budget: 7 * time.Second, Rand: whole},
			[]Doer{plain503},
			[]time.Duration{0, time.Second, 3 * time.Second},
			"http_error (HTTP 503): the answer is not JSON, but text/plain: busy",
		},
		"the budget holds the requests, too": {
			Retry{Attempts: 9, Backoff: time.Second, Budget: 7 * time.Second, Rand: whole},
			[]Doer{func(*http.Request) (*http.Response, error) {
				time.Sleep(6 * time.Second)
				return nil, syscall.ECONNRESET
			}},
			[]time.Duration{0},
			"connection_reset: the connection was closed before the answer was complete",
		},
		"a refusal ends it": {
			Retry{Attempts: 5, Rand: whole},
			[]Doer{plain503, always(401, typeJSON, `{"error":"invalid_client"}`)},
			[]time.Duration{0, 0},
			"invalid_client (HTTP 401)",
		},
		"also with 429 and Retry-After": {
			Retry{Attempts: 5},
			[]Doer{always(429, typeJSON, `{"error":"invalid_client"}`, "Retry-After", "1")},
			[]time.Duration{0},
			"invalid_client (HTTP 429) (retry after 1s)",
		},
		"an unusable token ends it": {
			Retry{Attempts: 5},
			[]Doer{always(200, typeJSON, `{}`)},
			[]time.Duration{0},
			"invalid_response (HTTP 200): the answer has no access_token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := play(tc.steps...)
				var seen []Attempt
				token, err := newClient(t, config()).TokenWithRetry(t.Context(), Doer(s.do), tc.retry,
					func(a Attempt) { seen = append(seen, a) })
				if tc.want == "" {
					require.NoError(t, err)
					assert.Equal(t, "at", token.AccessToken.Reveal())
				} else {
					require.EqualError(t, err, tc.want)
					assert.Nil(t, token)
				}
				assert.Equal(t, tc.at, s.at)
				require.Len(t, seen, len(tc.at))
				for i, a := range seen {
					assert.Equal(t, i+1, a.Number)
					assert.NotEqual(t, a.Token == nil, a.Err == nil)
				}
			})
		})
	}
}

func TestCodesThatAreNeverRepeated(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
		"invalid_scope",
		"invalid_target", "invalid_authorization_details", "invalid_dpop_proof", "use_dpop_nonce", "access_denied",
		"unsupported_token_type",
		CodeCanceled, CodeTLS, CodeInvalidResponse, CodeClientAuth, CodeTokenType, CodeTokenBinding,
	} {
		for _, status := range []int{200, 400, 401, 429, 500, 503} {
			assert.False(t, (&Error{Code: code, Status: status}).Retryable(), "%s %d", code, status)
		}
	}
	for _, code := range []string{
		CodeTimeout, CodeConnectionRefused, CodeConnectionReset, CodeDNS, CodeTransport, "temporarily_unavailable",
		"slow_down", "server_error",
	} {
		for _, status := range []int{0, 200, 400, 503} {
			assert.True(t, (&Error{Code: code, Status: status}).Retryable(), "%s %d", code, status)
		}
	}
}

// A wait ends with the caller's context, and what the caller hears is why the request failed.
func TestCancelDuringWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		s := play(retryAfterHeader("60"))
		_, err := newClient(t, config()).TokenWithRetry(ctx, Doer(s.do), Retry{Attempts: 5}, nil)
		require.EqualError(t, err, "slow_down (HTTP 429) (retry after 1m0s)")
		assert.Equal(t, []time.Duration{0}, s.at)
		assert.Equal(t, 3*time.Second, time.Since(s.begin))
	})
}

func TestCancelDuringRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Transports return the cause of an ended context, whatever that is.
		ctx, cancel := context.WithCancelCause(t.Context())
		s := play(func(r *http.Request) (*http.Response, error) {
			cancel(errors.New("the iteration is over"))
			return nil, context.Cause(r.Context())
		})
		_, err := newClient(t, config()).TokenWithRetry(ctx, Doer(s.do), Retry{Attempts: 5}, nil)
		require.EqualError(t, err, "canceled: the request was canceled")
		require.ErrorIs(t, err, context.Canceled)
		assert.Len(t, s.at, 1)
	})
}

func TestWaitCannotOverflow(t *testing.T) {
	t.Parallel()
	r := Retry{Backoff: 1 << 62, MaxBackoff: 1<<63 - 1, Rand: half}
	for n := 1; n < 200; n++ {
		assert.Positive(t, r.wait(n, 0), n)
	}
	assert.Equal(t, 12*time.Hour, Retry{Backoff: time.Second, Rand: half}.wait(1000, 0))
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"120":                            2 * time.Minute,
		" 120 ":                          2 * time.Minute,
		"0120":                           2 * time.Minute,
		"-5":                             0,
		"+5":                             0,
		"1.5":                            0,
		"1e3":                            0,
		"soon":                           0,
		"4294967296":                     maxTTL,
		"99999999999999999999":           maxTTL,
		"Fri, 02 Jan 2026 03:04:15 GMT":  10 * time.Second,
		"Friday, 02-Jan-26 03:04:15 GMT": 10 * time.Second, // RFC 850
		"Fri Jan  2 03:04:15 2026":       10 * time.Second, // asctime
		"Fri, 02 Jan 2026 03:04:05 GMT":  0,
		"Thu, 01 Jan 1970 00:00:00 GMT":  0,
		"Fri, 31 Dec 9999 23:59:59 GMT":  maxTTL,
	} {
		assert.Equal(t, want, retryAfter(value, now), "%q", value)
	}
}

// numbering is a Sender whose traces count the requests.
type numbering struct {
	answers []Doer
	sent    int
}

func (n *numbering) Send(req *http.Request) (*http.Response, Trace, error) {
	n.sent++
	if n.sent > len(n.answers) {
		return nil, numbered(n.sent), io.ErrUnexpectedEOF
	}
	resp, err := n.answers[n.sent-1](req)
	return resp, numbered(n.sent), err
}

type numbered int

func (numbered) ConnReused() bool { return false }

func TestAttemptCarriesTheTraceOfItsRequest(t *testing.T) {
	t.Parallel()
	c := config()
	signed := 0
	c.Auth = ClientAuth{Method: "test", Apply: func(context.Context, *TokenRequest) error {
		if signed++; signed == 2 {
			return &Error{Code: CodeTimeout}
		}
		return nil
	}}
	s := &numbering{answers: []Doer{always(503, "", "")}}
	var traces []Trace
	_, err := newClient(t, c).TokenWithRetry(t.Context(), s, Retry{Attempts: 3},
		func(a Attempt) { traces = append(traces, a.Trace) })
	require.Error(t, err)
	assert.Equal(t, []Trace{numbered(1), nil, numbered(2)}, traces, "one with an answer, one that was not sent, one without an answer")
}

// Only a request after a failure is a retry: the first one is not, nor is the one that a nonce was demanded of.
func TestIsRetry(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[Attempt]bool{
		{Number: 1}: false, {Number: 1, NonceDemanded: true}: false,
		{Number: 2}: true, {Number: 2, NonceDemanded: true}: false,
	} {
		assert.Equal(t, want, attempt.IsRetry(), "%+v", attempt)
	}
}

func TestReplacedClient(t *testing.T) {
	t.Parallel()
	refusal := always(401, typeJSON, `{"error":"invalid_client"}`)
	token := always(200, typeJSON, `{"access_token":"at"}`)
	other := func(*Error) *Client { return newClient(t, config()) }
	for name, tc := range map[string]struct {
		answers []Doer
		replace func(*Error) *Client
		numbers []int
		ok      bool
	}{
		"asked once, and goes on with the numbers": {[]Doer{refusal, token}, other, []int{1, 2}, true},
		"may fail as well":                         {[]Doer{refusal, refusal, token}, other, []int{1, 2}, false},
		"there is none": {
			[]Doer{refusal, token},
			func(*Error) *Client { return nil },
			[]int{1},
			false,
		},
		"not needed": {[]Doer{token}, func(*Error) *Client { panic("asked") }, []int{1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var numbers []int
			_, err := newClient(t, config()).TokenWithRetry(t.Context(), &numbering{answers: tc.answers},
				Retry{Replace: tc.replace},
				func(a Attempt) { numbers = append(numbers, a.Number) })
			assert.Equal(t, tc.ok, err == nil)
			assert.Equal(t, tc.numbers, numbers)
		})
	}
}
