package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// checkConnection looks up, connects to and greets the host of the token endpoint. Nothing that is
// secret is sent.
func checkConnection(ctx context.Context, e *run) []Result {
	target := e.endpoint
	if target == "" {
		target = e.cfg.Issuer
	}
	u, err := url.Parse(target)
	if err != nil {
		return []Result{{ID: "connection.dns", Status: Failed, Summary: "the token endpoint is not a URL"}}
	}
	if err := e.cfg.AllowHosts.Check(u); err != nil {
		e.broken = true
		return []Result{connectionFailed("connection.tcp", err)}
	}
	if proxy := e.proxyOf(ctx, u); proxy != "" {
		return []Result{{
			ID: "connection.proxy", Status: Info, Summary: "requests go through the proxy " + proxy +
				": the connection behind it is not seen",
			Hint: "NO_PROXY excludes the host; the proxy is part of what is measured",
		}}
	}
	results, conn := e.connect(ctx, u)
	if conn == nil {
		e.broken = true
		return results
	}
	defer conn.Close() // nothing was written to it
	if u.Scheme == "http" {
		return append(results, plainHTTP(u))
	}
	return append(results, e.greet(ctx, conn, u.Hostname())...)
}

// proxyOf names the proxy of requests to u, without its credentials.
func (e *run) proxyOf(ctx context.Context, u *url.URL) string {
	if e.cfg.Proxy == nil {
		return ""
	}
	proxy, err := e.cfg.Proxy((&http.Request{URL: u}).WithContext(ctx))
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}

// connect looks the host up and connects to it. The connection is nil when that failed.
func (e *run) connect(ctx context.Context, u *url.URL) ([]Result, net.Conn) {
	results := []Result{lookUp(ctx, u.Hostname())}
	if results[0].Status == Failed {
		return results, nil
	}
	begin := time.Now()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), transport.Port(u)))
	if err != nil {
		return append(results, connectionFailed("connection.tcp", err)), nil
	}
	took := time.Since(begin)
	return append(results, Result{
		ID: "connection.tcp", Status: OK, Summary: fmt.Sprintf("connected to %s in %s", conn.RemoteAddr(), short(took)),
		Data: map[string]any{"address": conn.RemoteAddr().String(), "duration_ms": ms(took)},
	}), conn
}

func lookUp(ctx context.Context, host string) Result {
	if net.ParseIP(host) != nil {
		return Result{ID: "connection.dns", Status: Skipped, Summary: host + " is an address"}
	}
	begin := time.Now()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return connectionFailed("connection.dns", err)
	}
	took := time.Since(begin)
	return Result{
		ID: "connection.dns", Status: OK, Summary: fmt.Sprintf("%s: %s, in %s", host, strings.Join(addresses, ", "),
			short(took)),
		Data: map[string]any{"host": host, "addresses": addresses, "duration_ms": ms(took)},
	}
}

func connectionFailed(id string, err error) Result {
	failure := oauth.TransportError(err)
	return Result{
		ID: id, Status: Failed, Summary: failure.Error(), Hint: hints.For(failure, hint.Client{}),
		Data: map[string]any{"error": failure.Code},
	}
}

// plainHTTP is a warning, except for this machine: RFC 6749 §2.3.1 demands TLS.
func plainHTTP(u *url.URL) Result {
	r := Result{ID: "connection.tls", Status: Info, Summary: "plain HTTP on this machine: the cost of TLS is not measured"}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		r.Status, r.Summary = Warning, "plain HTTP: secret and tokens can be read on the way, and the cost of TLS is not "+
			"measured"
		r.Hint = "use an https URL (RFC 6749 §2.3.1)"
	}
	return r
}

// greet makes the TLS handshake. The certificate is judged afterwards, so that it can be described also
// when it is a bad one.
func (e *run) greet(ctx context.Context, raw net.Conn, host string) []Result {
	begin := time.Now()
	// #nosec G402 -- nothing is sent over this connection, and the certificate is verified below
	config := &tls.Config{
		ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}
	var asked *tls.CertificateRequestInfo
	show(config, e.cfg.shownBy(e.method), func(info *tls.CertificateRequestInfo) { asked = info })
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		e.broken = true
		r := connectionFailed("connection.tls", err)
		if plainServer(err) {
			r.Hint = "what answers there does not speak TLS: check the port, or set an http URL"
		}
		return []Result{r}
	}
	took, state := time.Since(begin), conn.ConnectionState()
	protocol := state.NegotiatedProtocol
	if protocol == "" {
		protocol = "http/1.1"
	}
	version, cipher := tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)
	results := []Result{
		{
			ID: "connection.tls", Status: OK, Summary: fmt.Sprintf("%s, %s, %s, handshake in %s", version, cipher, protocol,
				short(took)),
			Data: map[string]any{"version": version, "cipher_suite": cipher, "protocol": protocol, "handshake_ms": ms(took)},
		},
		e.judge(state.PeerCertificates, host, time.Now()),
	}
	return append(results, e.checkShown(asked, time.Now())...)
}
