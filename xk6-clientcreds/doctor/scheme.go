package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// schemeTimeout bounds the handshake that finds out whether a port speaks TLS: a server that does not
// may wait for more without an answer.
const schemeTimeout = 2 * time.Second

// checkScheme says when an http URL leads to a port that speaks TLS. Servers answer such requests with 400 and
// a page, or close the connection, and neither names the cause.
func checkScheme(ctx context.Context, e *run) []Result {
	if e.token != nil || e.broken {
		return nil
	}
	name, target := "TOKEN_URL", e.endpoint
	if target == "" || e.cfg.TokenURL == "" {
		name = "ISSUER"
	}
	if target == "" {
		target = e.cfg.Issuer
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" || e.cfg.AllowHosts.Refusal(u) != "" || e.proxyOf(ctx, u) != "" ||
		!speaksTLS(ctx, u) {
		return nil
	}
	return []Result{{
		ID: "connection.scheme", Status: Failed,
		Summary: name + " is an http URL, but its port speaks TLS",
		Hint:    "set " + name + " to an https URL",
	}}
}

// speaksTLS reports whether what listens at u's port makes a TLS handshake. Nothing else is sent.
func speaksTLS(ctx context.Context, u *url.URL) bool {
	ctx, cancel := context.WithTimeout(ctx, schemeTimeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), transport.Port(u)))
	if err != nil {
		return false
	}
	defer raw.Close() // nothing was written that matters
	// #nosec G402 -- nothing is sent over this connection
	conn := tls.Client(raw, &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	err = conn.HandshakeContext(ctx)
	var alert tls.AlertError // only what speaks TLS sends one
	return err == nil || errors.As(err, &alert)
}

// plainServer reports whether a failed handshake says that the server does not speak TLS.
func plainServer(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record)
}
