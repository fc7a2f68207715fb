package faults

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// reply is the answer of a fault.
type reply struct {
	result      string // how the request is counted
	status      int
	retryAfter  string
	challenge   string
	contentType string
	body        []byte
}

func (p *reply) write(w http.ResponseWriter) {
	h := w.Header()
	for name, value := range map[string]string{
		"Content-Type": p.contentType, "Retry-After": p.retryAfter, "Www-Authenticate": p.challenge,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body) // the client has gone: nobody is left to tell
}

// The error codes of a document: codes of RFC 6749 §5.2 and §4.1.2.1, RFC 6750
// §3.1, RFC 8707 §2, RFC 8628 §3.5 and RFC 9449, with the status that they come
// with.
var errorStatus = map[string]int{
	"invalid_request":         http.StatusBadRequest,
	"invalid_client":          http.StatusUnauthorized,
	"invalid_grant":           http.StatusBadRequest,
	"unauthorized_client":     http.StatusBadRequest,
	"unsupported_grant_type":  http.StatusBadRequest,
	"invalid_scope":           http.StatusBadRequest,
	"invalid_target":          http.StatusBadRequest,
	"access_denied":           http.StatusBadRequest,
	"server_error":            http.StatusInternalServerError,
	"temporarily_unavailable": http.StatusServiceUnavailable,
	"slow_down":               http.StatusTooManyRequests,
	"invalid_dpop_proof":      http.StatusBadRequest,
	"use_dpop_nonce":          http.StatusBadRequest,
	"invalid_token":           http.StatusUnauthorized,
	"insufficient_scope":      http.StatusForbidden,
}

const (
	htmlType = "text/html; charset=utf-8"
	htmlBody = "<!DOCTYPE html>\n<html><head><title>%[1]s</title></head><body><h1>%[1]s</h1></body></html>\n"
)

// readReply reads what an answer of e is: an OAuth error, or a status with a
// body.
func readReply(r *reader, e Endpoint, fallback int) reply {
	code := r.optionalWord("error", errorCodes...)
	bodies := []string{"html", "json", "empty"}
	if code != "" {
		fallback, bodies = errorStatus[code], []string{"json", "empty"}
		if e == API && code == "use_dpop_nonce" || e == API && code == "invalid_dpop_proof" {
			fallback = http.StatusUnauthorized
		}
	}
	p := reply{status: r.whole("status", float64(fallback), 200, 599)}
	if p.status != http.StatusOK && p.status < 400 {
		r.failf("status", "is %d; it must be 200, or 400 to 599", p.status)
	}
	if wait := r.duration("retry_after", 0, bounds{time.Second, maxRetry}); wait > 0 {
		p.retryAfter = seconds(wait)
	}
	p.result = fmt.Sprintf("http_%d", p.status)
	if code != "" {
		p.result = code
	}
	switch r.word("body", bodies...) {
	case "html":
		p.contentType = htmlType
		p.body = fmt.Appendf(nil, htmlBody, strings.TrimSpace(fmt.Sprintf("%d %s", p.status, http.StatusText(p.status))))
	case "json":
		p.contentType = "application/json"
		p.body = []byte(`{}`)
		if code != "" {
			p.body = fmt.Appendf(nil, `{"error":%q,"error_description":"a fault that was asked for"}`, code)
		}
	}
	if p.status == http.StatusUnauthorized {
		p.challenge = challenge(e, code)
	}
	return p
}

// challenge is the WWW-Authenticate header of a 401: RFC 6750 §3 at the API,
// RFC 6749 §5.2 elsewhere.
func challenge(e Endpoint, code string) string {
	switch {
	case e != API:
		return `Basic realm="clientcreds"`
	case code == "":
		return `Bearer realm="clientcreds"`
	case code == "use_dpop_nonce", code == "invalid_dpop_proof":
		return `DPoP error="` + code + `"`
	}
	return `Bearer realm="clientcreds", error="` + code + `", error_description="a fault that was asked for"`
}

var errorCodes = sortedKeys(errorStatus)

func sortedKeys(m map[string]int) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
