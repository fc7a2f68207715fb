package faults

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestErrors holds what a client gets of each kind of error.
func TestErrors(t *testing.T) {
	t.Parallel()
	oauth := func(code string) string {
		return `{"error":"` + code + `","error_description":"a fault that was asked for"}`
	}
	const html502 = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad " +
		"Gateway</h1></body></html>\n"
	for _, tt := range []struct {
		e                                           Endpoint
		document, result                            string
		status                                      int
		contentType, body, retryAfter, authenticate string
	}{
		{
			Token, `{"error": "invalid_client"}`, "invalid_client", 401, "application/json", oauth("invalid_client"), "",
			`Basic realm="clientcreds"`,
		},
		{
			Token, `{"error": "temporarily_unavailable", "retry_after": "1500ms"}`, "temporarily_unavailable", 503,
			"application/json", oauth("temporarily_unavailable"), "2", "",
		},
		{Token, `{"error": "server_error"}`, "server_error", 500, "application/json", oauth("server_error"), "", ""},
		{Token, `{"error": "invalid_scope"}`, "invalid_scope", 400, "application/json", oauth("invalid_scope"), "", ""},
		{
			Token, `{"error": "invalid_scope", "status": 200}`, "invalid_scope", 200, "application/json", oauth("invalid_scope"),
			"", "",
		},
		{Token, `{"error": "server_error", "body": "empty"}`, "server_error", 500, "", "", "", ""},
		{Token, `{"status": 502}`, "http_502", 502, htmlType, html502, "", ""},
		{Token, `{"status": 504, "body": "json"}`, "http_504", 504, "application/json", "{}", "", ""},
		{JWKS, `{"status": 503, "body": "empty", "retry_after": 3000}`, "http_503", 503, "", "", "3", ""},
		{
			API, `{"error": "invalid_token"}`, "invalid_token", 401, "application/json", oauth("invalid_token"), "",
			`Bearer realm="clientcreds", error="invalid_token", error_description="a fault that was asked for"`,
		},
		{
			API, `{"error": "insufficient_scope"}`, "insufficient_scope", 403, "application/json", oauth("insufficient_scope"),
			"", "",
		},
		{
			API, `{"error": "use_dpop_nonce"}`, "use_dpop_nonce", 401, "application/json", oauth("use_dpop_nonce"), "",
			`DPoP error="use_dpop_nonce"`,
		},
		{API, `{"status": 401, "body": "empty"}`, "http_401", 401, "", "", "", `Bearer realm="clientcreds"`},
	} {
		t.Run(placeNames[tt.e]+tt.document, func(t *testing.T) {
			t.Parallel()
			i := with(t, time.Now, `{"`+placeNames[tt.e]+`": {"errors": [`+tt.document+`]}}`)
			client, url := overTCP(t, i, tt.e, false)
			got, err := ask(t, client, url, "")
			require.NoError(t, err)
			require.Equal(t, tt.status, got.status)
			require.Equal(t, tt.body, got.body)
			require.Equal(t, tt.contentType, got.header.Get("Content-Type"))
			require.Equal(t, tt.retryAfter, got.header.Get("Retry-After"))
			require.Equal(t, tt.authenticate, got.header.Get("WWW-Authenticate"))
			require.Equal(t, map[string]int64{tt.result: 1}, results(i, tt.e))
			require.Equal(t, map[string]map[string]int64{"error": {placeNames[tt.e]: 1}}, i.Counts())
		})
	}
}

// TestErrorRates holds that each error gets its share, and the endpoint the rest. The seed is fixed.
func TestErrorRates(t *testing.T) {
	t.Parallel()
	i := with(t, time.Now, `{"token": {"errors": [
		{"rate": 0.05, "error": "server_error"}, {"rate": 0.1, "status": 502}, {"rate": 0.25, "error": "invalid_client"}
	]}}`)
	h := i.Wrap(Token, endpoint)
	const n = 10000
	statuses := make(map[int]float64)
	for range n {
		statuses[direct(h).status]++
	}
	for status, want := range map[int]float64{500: 0.05, 502: 0.1, 401: 0.25, http.StatusOK: 0.6} {
		require.InDelta(t, want*n, statuses[status], 0.015*n, status)
	}
	got := results(i, Token)
	require.EqualValues(t, statuses[502], got["http_502"])
	require.EqualValues(t, n-statuses[http.StatusOK], i.Counts()["error"]["token"])
}
