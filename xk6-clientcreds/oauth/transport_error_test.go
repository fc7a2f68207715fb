package oauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
)

// grantAt sends one token request to a real address over t and returns how it failed.
func grantAt(ctx context.Context, t *testing.T, endpoint string, transport *http.Transport) *Error {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	c := config()
	c.TokenURL = endpoint + "/token?key=hush"
	_, err := newClient(t, c).Token(ctx, transport.RoundTrip)
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.NotContains(t, err.Error(), "hush")
	assert.NotContains(t, err.Error(), "/token")
	return e
}

// peerThat accepts connections and does f with each until the test ends.
func peerThat(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	e := grantAt(context.Background(), t, "http://"+address, &http.Transport{})
	assert.Equal(t, "connection_refused: connection refused ("+address+")", e.Error())
	assert.True(t, e.Retryable())
	require.ErrorIs(t, e, syscall.ECONNREFUSED)
}

func TestPeerResets(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(net.Conn){
		"reset": func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1)) // the rest is unread
			_ = c.(*net.TCPConn).SetLinger(0)
		},
		"close": readRequest,
	} {
		e := grantAt(context.Background(), t, "http://"+peerThat(t, f), &http.Transport{})
		assert.Equal(t, CodeConnectionReset, e.Code, name)
		assert.Contains(t, e.Error(), "connection_reset: the connection was closed before the answer was complete")
		assert.True(t, e.Retryable())
	}
}

// Over HTTP/2 a handler that gives up resets its stream, not the connection.
func TestPeerResetsAStream(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter,
		*http.Request,
	) {
		panic(http.ErrAbortHandler)
	}))
	server.Config.ErrorLog = quiet
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	e := grantAt(context.Background(), t, server.URL, server.Client().Transport.(*http.Transport).Clone())
	assert.Equal(t, "connection_reset: the connection was closed before the answer was complete (HTTP/2 INTERNAL_ERROR)",
		e.Error())
}

// An answer that breaks off does not count, but its status and Retry-After have been heard.
func TestAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ head, want string }{
		"length": {
			"HTTP/1.1 503 Busy\r\nRetry-After: 4\r\nContent-Length: 100\r\n\r\n{\"access",
			"connection_reset (HTTP 503): the connection was closed before the answer was complete (retry after 4s)",
		},
		"chunked": {
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"access",
			"connection_reset (HTTP 200): the connection was closed before the answer was complete",
		},
	} {
		address := peerThat(t, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, tc.head)
		})
		e := grantAt(context.Background(), t, "http://"+address, &http.Transport{})
		assert.Equal(t, tc.want, e.Error(), name)
		assert.True(t, e.Retryable())
	}
}

// net/http quotes what it cannot read; it could be anything.
func TestAnswerIsNotHTTP(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"hush hush\r\n\r\n", "HTTP/1.1 hush\r\n\r\n", "HTTP/1.1 200 OK\r\nhush\r\n\r\n", "SSH-2.0-hush\r\n",
	} {
		address := peerThat(t, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, text)
		})
		e := grantAt(context.Background(), t, "http://"+address, &http.Transport{})
		assert.Equal(t, "transport: the answer is not HTTP", e.Error(), "%q", text)
	}
}

func TestUnknownAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	e := grantAt(context.Background(), t, server.URL, &http.Transport{})
	assert.Equal(t, "tls: failed to verify certificate: x509: certificate signed by unknown authority", e.Error())
	assert.False(t, e.Retryable())
	var verification *tls.CertificateVerificationError
	require.ErrorAs(t, e, &verification)
}

func TestOtherHostsCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.ServerName = "idp.example.org"
	e := grantAt(context.Background(), t, server.URL, transport)
	assert.Equal(t, CodeTLS, e.Code)
	assert.Contains(t, e.Error(), "idp.example.org")
}

func TestTLSToAPlainServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet
	server.Start()
	defer server.Close()
	e := grantAt(context.Background(), t, "https://"+server.Listener.Addr().String(), &http.Transport{})
	assert.Equal(t, "tls: the server answers in plain HTTP at this port; use an http URL, or the port for TLS", e.Error())
	assert.False(t, e.Retryable())
	assert.True(t, e.WrongScheme())

	e = grantAt(context.Background(), t, "https://"+peerThat(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "SSH-2.0-hush\r\n")
		_, _ = io.Copy(io.Discard, c)
	}), &http.Transport{})
	assert.Equal(t, "tls: the server does not speak TLS at this port; check scheme and port of the URL", e.Error())
	assert.True(t, e.WrongScheme())
}

// What servers answer to plain HTTP at a port for TLS.
func TestPlainHTTPToATLSServer(t *testing.T) {
	t.Parallel()
	const words = "the server speaks TLS at this port, and the request was plain HTTP; use an https URL"
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	e := grantAt(context.Background(), t, "http://"+server.Listener.Addr().String(), &http.Transport{})
	assert.Equal(t, "http_error (HTTP 400): "+words, e.Error())
	assert.True(t, e.WrongScheme())

	alert := grantAt(context.Background(), t, "http://"+peerThat(t, func(c net.Conn) {
		readRequest(c)
		_, _ = c.Write([]byte{21, 3, 1, 0, 2, 2, 22}) // as OpenSSL: record_overflow
	}), &http.Transport{})
	assert.Equal(t, "tls: "+words, alert.Error())
	assert.False(t, alert.Retryable())
	assert.True(t, alert.WrongScheme())

	for _, body := range []string{
		"Client sent an HTTP request to an HTTPS server.\n",
		"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
		"<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
		"Bad Request\nThis combination of host and port requires TLS.\n",
	} {
		_, err := newClient(t, config()).Token(context.Background(), always(400, typeHTML, body))
		require.EqualError(t, err, "http_error (HTTP 400): "+words, body)
		_, err = newClient(t, config()).Token(context.Background(), always(403, typeHTML, body))
		require.ErrorContains(t, err, "http_error (HTTP 403): the answer is not JSON, but text/html", body)
	}
}

func TestNoAnswerInTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	e := grantAt(ctx, t, server.URL, &http.Transport{})
	assert.Contains(t, e.Error(), "timeout: no answer in time") // with the address when even the connection took too long
	assert.True(t, e.Retryable())

	e = grantAt(context.Background(), t, server.URL, &http.Transport{ResponseHeaderTimeout: 20 * time.Millisecond})
	assert.Equal(t, CodeTimeout, e.Code)
}

func TestTransportClasses(t *testing.T) {
	t.Parallel()
	withURL := func(err error) error {
		return &url.Error{Op: "Post", URL: "https://h/token?key=hush", Err: err}
	}
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: err}
	}
	for name, tc := range map[string]struct {
		err       error
		want      string
		retryable bool
	}{
		"canceled":     {withURL(context.Canceled), "canceled: the request was canceled", false},
		"deadline":     {withURL(context.DeadlineExceeded), "timeout: no answer in time", true},
		"dial timeout": {dial(syscall.ETIMEDOUT), "timeout: no answer in time (192.0.2.1:443)", true},
		"no such host": {
			dial(&net.DNSError{Err: "no such host", Name: "idp.example.com", IsNotFound: true}),
			"dns: dial tcp 192.0.2.1:443: lookup idp.example.com: no such host", true,
		},
		"resolver silent": {
			&net.DNSError{Err: "i/o timeout", Name: "idp.example.com", IsTimeout: true},
			"timeout: no answer in time", true,
		},
		"refused": {
			withURL(dial(syscall.ECONNREFUSED)), "connection_refused: connection refused (192.0.2.1:443)",
			true,
		},
		"broken pipe": {
			syscall.EPIPE, "connection_reset: the connection was closed before the answer was complete",
			true,
		},
		"EOF": {
			withURL(io.EOF), "connection_reset: the connection was closed before the answer was complete",
			true,
		},
		"unexpected EOF": {
			fmt.Errorf("reading: %w", io.ErrUnexpectedEOF),
			"connection_reset: the connection was closed before the answer was complete", true,
		},
		"stream reset": {
			withURL(http2.StreamError{StreamID: 1, Code: http2.ErrCodeInternal}),
			"connection_reset: the connection was closed before the answer was complete (HTTP/2 INTERNAL_ERROR)", true,
		},
		"stream refused": {
			http2.StreamError{StreamID: 3, Code: http2.ErrCodeRefusedStream, Cause: errors.New("received from peer")},
			"connection_reset: the connection was closed before the answer was complete (HTTP/2 REFUSED_STREAM)", true,
		},
		"stream with a bad answer": {
			http2.StreamError{StreamID: 3, Code: http2.ErrCodeProtocol, Cause: errors.New("no status")},
			"transport: stream error: stream ID 3; PROTOCOL_ERROR; no status", true,
		},
		"GOAWAY": {
			withURL(http2.GoAwayError{LastStreamID: 1, ErrCode: http2.ErrCodeEnhanceYourCalm, DebugData: "hush ErrCode=x"}),
			"connection_reset: the connection was closed before the answer was complete (HTTP/2 ENHANCE_YOUR_CALM)", true,
		},
		"graceful GOAWAY": {
			errors.New("http2: Transport received Server's graceful shutdown GOAWAY"),
			"connection_reset: the connection was closed before the answer was complete", true,
		},
		"no ping": {
			errors.New("http2: client connection lost"),
			"connection_reset: the connection was closed before the answer was complete", true,
		},
		"idle": {
			errors.New("http: server closed idle connection"),
			"connection_reset: the connection was closed before the answer was complete", true,
		},
		"no route": {dial(syscall.EHOSTUNREACH), "transport: dial tcp 192.0.2.1:443: no route to host", true},
		"alert": {
			fmt.Errorf("remote error: %w", tls.AlertError(42)), "tls: remote error: tls: bad certificate",
			false,
		},
		"unknown CA": {x509.UnknownAuthorityError{}, "tls: x509: certificate signed by unknown authority", false},
		"scheme": {
			withURL(http.ErrSchemeMismatch),
			"tls: the server answers in plain HTTP at this port; use an http URL, or the port for TLS", false,
		},
		"other":         {withURL(errors.New("blocked\nby policy")), "transport: blocked by policy", true},
		"already typed": {fmt.Errorf("wrapped: %w", &Error{Code: "slow_down", Status: 429}), "slow_down (HTTP 429)", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := TransportError(tc.err)
			assert.Equal(t, tc.want, e.Error())
			assert.Equal(t, tc.retryable, e.Retryable())
			assert.NotContains(t, e.Error(), "hush")
		})
	}
}
