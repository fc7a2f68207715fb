package faults

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBadDocuments holds that an error names the member, the problem and what is allowed, and that nothing changes.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	const good = `{"token": {"errors": [{"status": 502}]}}`
	const duration = `; it must be a duration such as "250ms", or a number of milliseconds, from `
	for document, problem := range map[string]string{
		``:                                 "the document is not JSON (EOF); it must be a JSON object",
		`{"a"`:                             "the document is not JSON (unexpected EOF); it must be a JSON object",
		`[]`:                               "the document is []; it must be a JSON object",
		`null`:                             "the document is null; it must be a JSON object",
		`{} {}`:                            "the document has more after its JSON object; remove what follows",
		`{"a":1}`:                          "a is unknown; it must be one of seed, token, api, jwks, introspection, revocation, metadata, registration, tls, clock_skew, ttl, dpop_nonce",
		`{"token":{"latencey":1}}`:         "token.latencey is unknown; it must be one of outages, rate_limit, latency, reset, errors, slow_body, truncated_body",
		`{"token":3}`:                      "token is 3; it must be an object",
		`{"seed":-1}`:                      "seed is -1; it must be a number from 0 to 9.007199254740992e+15",
		`{"seed":1.5}`:                     "seed is 1.5; it must be a whole number",
		`{"ttl":"1500ms"}`:                 "ttl is 1.5s; it must be whole seconds",
		`{"ttl":"0s"}`:                     `ttl is "0s"` + duration + "1s to 24h0m0s",
		`{"clock_skew":{"server":"25h"}}`:  `clock_skew.server is "25h"` + duration + "-24h0m0s to 24h0m0s",
		`{"clock_skew":{"token":"1s"}}`:    "clock_skew.token is unknown; it must be one of server, api",
		`{"token":{"latency":"fast"}}`:     `token.latency is "fast"` + duration + "0s to 1m0s",
		`{"token":{"latency":[]}}`:         `token.latency is []` + duration + "0s to 1m0s",
		`{"token":{"latency":"2m"}}`:       `token.latency is "2m"` + duration + "0s to 1m0s",
		`{"tls":{"handshake_delay":"9s"}}`: `tls.handshake_delay is "9s"` + duration + "0s to 8s",
		`{"token":{"latency":{"distribution":"pareto"}}}`: `token.latency.distribution is "pareto"; it must be one of constant, uniform, normal, lognormal, exponential, percentiles`,
		`{"token":{"latency":{"distribution":"lognormal","p50":"50ms"}}}`: `token.latency.p99 is missing` +
			duration + "0s to 1m0s",
		`{"token":{"latency":{"distribution":"lognormal","p50":50,"p99":40}}}`: `token.latency.p99 is 40ms, which is below p50; it must be 50ms or more`,
		`{"token":{"latency":{"distribution":"uniform","min":50,"max":40}}}`:   `token.latency.max is 40ms, which is below min; it must be 50ms or more`,
		`{"token":{"latency":{"distribution":"percentiles","p50":50}}}`: `token.latency.p99 is missing` +
			duration + "0s to 1m0s",
		`{"token":{"latency":{"distribution":"percentiles","p50":50,"p90":9,"p99":99}}}`: `token.latency.p90 is 9ms, which is below the percentile before it; it must be 50ms or more`,
		`{"token":{"latency":{"value":1,"mean":1}}}`:                                     "token.latency.mean is unknown; it must be one of rate, distribution, value, max",
		`{"token":{"latency":{"value":1,"rate":2}}}`:                                     "token.latency.rate is 2; it must be a number from 0 to 1",
		`{"token":{"rate_limit":{}}}`:                                                    "token.rate_limit.per_second is missing; it must be a number from 0.001 to 1e+06",
		`{"token":{"rate_limit":{"per_second":0}}}`:                                      "token.rate_limit.per_second is 0; it must be a number from 0.001 to 1e+06",
		`{"token":{"rate_limit":{"per_second":"9"}}}`:                                    `token.rate_limit.per_second is "9"; it must be a number from 0.001 to 1e+06`,
		`{"token":{"rate_limit":{"per_second":1,"by":1}}}`:                               "token.rate_limit.by is 1; it must be one of all, client",
		`{"token":{"errors":{}}}`:                                                        "token.errors is not a list of at most 32 objects; it must be one",
		`{"token":{"errors":[7]}}`:                                                       "token.errors[0] is 7; it must be an object",
		`{"token":{"errors":[{},{"status":502}]}}`:                                       "token.errors[1].rate brings the sum of the list's rates to 2; it must be 1 at most",
		`{"token":{"errors":[{"status":302}]}}`:                                          "token.errors[0].status is 302; it must be 200, or 400 to 599",
		`{"token":{"errors":[{"error":"oops"}]}}`: `token.errors[0].error is "oops"; it must be one of ` +
			strings.Join(errorCodes, ", "),
		`{"token":{"errors":[{"error":"server_error","body":"html"}]}}`: `token.errors[0].body is "html"; it must be one of json, empty`,
		`{"token":{"reset":{"rate":"x"}}}`:                              `token.reset.rate is "x"; it must be a number from 0 to 1`,
		`{"token":{"slow_body":{}}}`:                                    "token.slow_body.bytes_per_second is missing; it must be a number from 1 to 1e+06",
		`{"token":{"truncated_body":{"keep":1.5}}}`:                     "token.truncated_body.keep is 1.5; it must be a number from 0 to 1",
		`{"token":{"outages":[{}]}}`: "token.outages[0].for is missing" +
			duration + "1ms to 24h0m0s",
		`{"token":{"outages":[{"for":"5s","every":"5s"}]}}`:              "token.outages[0].every is 5s, which is not longer than the outage; it must be more than 5s",
		`{"token":{"outages":[{"for":"5s","how":"hang","status":503}]}}`: "token.outages[0].status is unknown; it must be one of after, for, every, how",
	} {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			i := with(t, time.Now, good)
			err := i.Put([]byte(document))
			require.EqualError(t, err, problem)
			var bad *MemberError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, http.StatusBadGateway, direct(i.Wrap(Token, endpoint)).status, "nothing has changed")
			if document != "" {
				require.EqualError(t, Check([]byte(document)), problem)
			}
			after, err := i.Document()
			require.NoError(t, err)
			require.JSONEq(t, good, string(after))
		})
	}
	require.NoError(t, Check(nil))
}

// TestBoundsOfDocuments holds that the bounds themselves are allowed.
func TestBoundsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`{"seed":0}`, `{"seed":9007199254740992}`, `{"ttl":"1s","dpop_nonce":"24h"}`,
		`{"clock_skew":{"server":"24h","api":"-24h"}}`, `{"tls":{"handshake_delay":"8s"}}`,
		`{"token":{"latency":"0s"}}`, `{"token":{"latency":"1m"}}`,
		`{"token":{"latency":{"distribution":"uniform","min":50,"max":50}}}`,
		`{"token":{"latency":{"distribution":"lognormal","p50":50,"p99":50}}}`,
		`{"token":{"latency":{"distribution":"percentiles","p50":50,"p90":50,"p99":50}}}`,
		`{"token":{"rate_limit":{"per_second":0.001,"burst":1}},"api":{"rate_limit":{"per_second":1e6,"burst":1e6}}}`,
		`{"token":{"errors":[{"rate":0.25},{"rate":0.75}]}}`,
		`{"token":{"errors":[` + strings.Repeat(`{"rate":0.03},`, 31) + `{"rate":0.03,"status":599}]}}`,
		`{"token":{"truncated_body":{"keep":0,"rate":0}},"api":{"truncated_body":{"keep":1}}}`,
		`{"token":{"slow_body":{"bytes_per_second":1}},"api":{"slow_body":{"bytes_per_second":1e6}}}`,
		`{"token":{"outages":[{"for":"1ms","every":"2ms"},{"for":"24h","after":"24h"}]}}`,
	} {
		require.NoError(t, Check([]byte(document)), document)
	}
	require.Error(t, Check([]byte(`{"token":{"errors":[`+strings.Repeat(`{"rate":0.01},`, 32)+`{"rate":0.01}]}}`)))
}

// TestPatch holds that a patch changes what it names, and that other faults go on: no bucket is filled again.
func TestPatch(t *testing.T) {
	t.Parallel()
	clock := newClock()
	i := with(t, clock.now, `{"token": {"rate_limit": {"per_second": 0.01, "burst": 1}, "errors": [{"status": 500}]},
		"api": {"outages": [{"after": "10s", "for": "10s"}]}}`)
	token, api := i.Wrap(Token, endpoint), i.Wrap(API, endpoint)
	require.Equal(t, http.StatusInternalServerError, direct(token).status)
	require.Equal(t, http.StatusTooManyRequests, direct(token).status)
	clock.move(5 * time.Second)
	require.NoError(t, i.Patch([]byte(`{"token": {"errors": null}, "ttl": "9s"}`)))
	require.Equal(t, http.StatusTooManyRequests, direct(token).status, "the bucket is still empty")
	require.Equal(t, 9*time.Second, i.TTL())
	clock.move(5 * time.Second)
	require.Equal(t, http.StatusServiceUnavailable, direct(api).status, "ten seconds after the beginning")
	document, err := i.Document()
	require.NoError(t, err)
	require.JSONEq(t, `{"token": {"rate_limit": {"per_second": 0.01, "burst": 1}},
		"api": {"outages": [{"after": "10s", "for": "10s"}]}, "ttl": "9s"}`, string(document))

	require.NoError(t, i.Put(document))
	require.Equal(t, http.StatusOK, direct(token).status, "a put begins anew")
	require.Equal(t, http.StatusOK, direct(api).status)
	require.NoError(t, i.Patch([]byte(`{"token": {"rate_limit": {"burst": 2}}}`)))
	require.Equal(t, http.StatusOK, direct(token).status, "another limit is another bucket")
	require.Error(t, i.Patch([]byte(`{"token": {"rate_limit": {"per_second": null}}}`)))
	for range 2 {
		direct(token)
	}
	require.Equal(t, http.StatusTooManyRequests, direct(token).status)
	require.NoError(t, i.Patch([]byte(`{"seed": 2}`)))
	require.Equal(t, http.StatusOK, direct(token).status, "another seed begins anew")
	i.Clear()
	document, err = i.Document()
	require.NoError(t, err)
	require.Equal(t, "{}", string(document))
	require.Nil(t, i.plan.Load())
}

// TestMergePatch has the cases of RFC 7396, Appendix A, whose results are objects.
func TestMergePatch(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		target, err := decode([]byte(tt[0]))
		require.NoError(t, err)
		patch, err := decode([]byte(tt[1]))
		require.NoError(t, err)
		want, err := decode([]byte(tt[2]))
		require.NoError(t, err)
		require.Equal(t, want, merged(target, patch))
		again, err := decode([]byte(tt[0]))
		require.NoError(t, err)
		require.Equal(t, again, target, "not written to")
	}
}

// TestClockSkew holds what a client sees of a wrong clock: the Date header.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	clock := newClock()
	i := with(t, clock.now, `{"clock_skew": {"server": "90s", "api": "-2m"}}`)
	for e, skew := range map[Endpoint]time.Duration{
		Token: 90 * time.Second, JWKS: 90 * time.Second,
		API: -2 * time.Minute,
	} {
		date, err := http.ParseTime(direct(i.Wrap(e, endpoint)).header.Get("Date"))
		require.NoError(t, err)
		require.Equal(t, skew, date.Sub(clock.now()))
	}
	require.Equal(t, map[string]map[string]int64{"clock_skew": {"token": 1, "jwks": 1, "api": 1}}, i.Counts())
	require.Equal(t, 90*time.Second, i.ServerSkew())
	require.Equal(t, -2*time.Minute, i.APISkew())
}

// TestChangesUnderLoad is for the race detector: documents are replaced while requests are answered, and each request
// sees one of them as a whole.
func TestChangesUnderLoad(t *testing.T) {
	t.Parallel()
	i := New(time.Now, byHeader)
	h := i.Wrap(Token, endpoint)
	stop := make(chan struct{})
	var asking sync.WaitGroup
	var bad sync.Map
	for range 4 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := direct(h)
				if got.status != http.StatusOK && (got.status != http.StatusBadGateway || got.header.Get("Retry-After") != "2") &&
					(got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "9") {
					bad.Store(got.status, got.header)
				}
			}
		})
	}
	for range 200 {
		require.NoError(t, i.Put([]byte(`{"token": {"errors": [{"rate": 0.5, "status": 502, "retry_after": "2s"}], "slow_body": {"bytes_per_second": 1000000}}}`)))
		require.NoError(t, i.Patch([]byte(`{"token": {"rate_limit": {"per_second": 1, "burst": 5, "by": "client", "retry_after": "9s"}}}`)))
		require.Error(t, i.Put([]byte(`{"token": {"errors": [{"status": 1}]}}`)))
		i.Clear()
	}
	close(stop)
	asking.Wait()
	bad.Range(func(status, header any) bool {
		t.Errorf("half of a document: status %v, %v", status, header)
		return true
	})
}
