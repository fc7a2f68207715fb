package oauth

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
)

// Advice for a URL with another scheme than the port's.
const (
	needsHTTPS = "the server speaks TLS at this port, and the request was plain HTTP; use an https URL"
	needsHTTP  = "the server answers in plain HTTP at this port; use an http URL, or the port for TLS"
	notTLS     = "the server does not speak TLS at this port; check scheme and port of the URL"
)

// plainHTTPRefusals are the answers of servers, with 400, to plain HTTP at a port for TLS: Go, nginx (and
// with it many load balancers), Apache, Tomcat.
var plainHTTPRefusals = [][]byte{
	[]byte("http request to an https server"),
	[]byte("plain http request was sent to https port"),
	[]byte("speaking plain http to an ssl-enabled server port"),
	[]byte("combination of host and port requires tls"),
}

// refusesPlainHTTP reports whether an answer is one of those.
func refusesPlainHTTP(resp *http.Response, body []byte) bool {
	if resp.StatusCode != http.StatusBadRequest {
		return false
	}
	text := bytes.ToLower(body[:min(len(body), 4096)])
	for _, words := range plainHTTPRefusals {
		if bytes.Contains(text, words) {
			return true
		}
	}
	return false
}

// tlsAlert is how net/http quotes the alert with which other servers answer plain HTTP (RFC 8446 §6).
const tlsAlert = `malformed HTTP response "\x15\x03`

// wrongScheme says what is wrong with the scheme of a URL, by the error that a request ended with; ""
// where that is not the reason.
func wrongScheme(err error) string {
	var record tls.RecordHeaderError
	notRecord := errors.As(err, &record)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), notRecord && string(record.RecordHeader[:]) == "HTTP/":
		return needsHTTP
	case notRecord:
		return notTLS
	case strings.Contains(err.Error(), tlsAlert):
		return needsHTTPS
	}
	return ""
}
