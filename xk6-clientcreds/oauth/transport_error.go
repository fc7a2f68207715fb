package oauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// TransportError returns err, met while sending a request, as an *Error of its class. The text
// names the peer's address where it is known, never a URL.
func TransportError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err // its text has the URL
	}
	if text := wrongScheme(err); text != "" {
		return &Error{Code: CodeTLS, Description: text, cause: err, wrongScheme: true}
	}
	code := transportClass(err)
	return &Error{Code: code, Description: Printable(transportText(code, err), maxDescription), cause: err}
}

func transportClass(err error) string {
	var (
		dnsErr  *net.DNSError
		netErr  net.Error
		alert   tls.AlertError
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return CodeCanceled
	case errors.As(err, &dnsErr) && !dnsErr.IsTimeout:
		return CodeDNS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return CodeTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return CodeConnectionRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.ErrUnexpectedEOF), closedWhileIdle(err):
		return CodeConnectionReset
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid),
		errors.As(err, &alert), strings.Contains(err.Error(), "tls: "):
		return CodeTLS
	}
	if _, reset := http2Reset(err); reset {
		return CodeConnectionReset
	}
	return CodeTransport
}

func transportText(code string, err error) string {
	switch code {
	case CodeCanceled:
		return "the request was canceled"
	case CodeTimeout:
		return "no answer in time" + peer(err)
	case CodeConnectionRefused:
		return "connection refused" + peer(err)
	case CodeConnectionReset:
		text := "the connection was closed before the answer was complete" + peer(err)
		if reason, _ := http2Reset(err); reason != "" {
			text += " (HTTP/2 " + reason + ")"
		}
		return text
	}
	text := strings.TrimPrefix(err.Error(), "tls: ") // the class says so already
	if strings.Contains(text, "malformed") {
		return "the answer is not HTTP" // net/http quotes it
	}
	return text
}

// peer names the address that an error of package net is about.
func peer(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Addr != nil {
		return fmt.Sprintf(" (%s)", op.Addr)
	}
	return ""
}

// sendError is TransportError for a request under ctx: when that ended a transport returns its
// cause, which can be any error.
func sendError(ctx context.Context, err error) *Error {
	e := TransportError(err)
	if ended := ctx.Err(); ended != nil && e.Code != CodeTimeout && e.Code != CodeCanceled {
		return TransportError(ended)
	}
	return e
}

// authError makes an error of ClientAuth.Apply an *Error: of a class of its own, because nothing
// was sent. When ctx ended it is that.
func authError(ctx context.Context, err error) *Error {
	if e := new(Error); errors.As(err, &e) {
		return e
	}
	if ended := ctx.Err(); ended != nil {
		return TransportError(ended)
	}
	return &Error{Code: CodeClientAuth, Description: Printable(err.Error(), maxDescription), cause: err}
}
