package faults

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// TestReset holds that the client of a connection that is reset sees just that.
func TestReset(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"plain": false, "TLS and HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := with(t, time.Now, `{"token": {"reset": {}}}`)
			client, url := overTCP(t, i, Token, secure)
			_, err := ask(t, client, url, "the body")
			if secure && errors.Is(err, io.ErrUnexpectedEOF) {
				err = syscall.ECONNRESET // the system reports a reset once: here a concurrent write got it
			}
			require.ErrorIs(t, err, syscall.ECONNRESET)
			resets := results(i, Token)["reset"]
			require.Positive(t, resets)
			require.Equal(t, map[string]map[string]int64{"reset": {"token": resets}}, i.Counts())
			i.Clear()
			got, err := ask(t, client, url, "the body")
			require.NoError(t, err, "the server is still there")
			require.Equal(t, answerText, got.body)
		})
	}
}

// TestTruncatedBody holds that the client is promised the whole body and gets a part.
func TestTruncatedBody(t *testing.T) {
	t.Parallel()
	i := with(t, time.Now, `{"token": {"truncated_body": {"keep": 0.25}}}`)
	client, url := overTCP(t, i, Token, false)
	got, err := ask(t, client, url, "the body")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, answerText[:len(answerText)/4], got.body)
	require.Equal(t, "the body", got.header.Get("X-Read"))
	require.Equal(t, map[string]map[string]int64{"truncated_body": {"token": 1}}, i.Counts())

	require.NoError(t, i.Put([]byte(`{"token": {"truncated_body": {"keep": 1}}}`)))
	got, err = ask(t, client, url, "")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "never the whole")
	require.Equal(t, answerText[:len(answerText)-1], got.body)
}

// TestBodyOfAnError holds that status and header of the endpoint's answer stay as they are.
func TestBodyOfAnError(t *testing.T) {
	t.Parallel()
	i := with(t, time.Now, `{"token": {"slow_body": {"bytes_per_second": 1000000}}}`)
	got := direct(i.Wrap(Token, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Reason", "none")
		http.Error(w, "no", http.StatusTeapot)
	})))
	require.Equal(t, http.StatusTeapot, got.status)
	require.Equal(t, "none", got.header.Get("X-Reason"))
	require.Equal(t, "no\n", got.body)
}

// TestSlowBody holds that the body comes at the rate that the document says.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	for rate, want := range map[string]time.Duration{"4": 18 * time.Second, "1000": 100 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			i := with(t, time.Now, `{"api": {"slow_body": {"bytes_per_second": `+rate+`}}}`)
			client := inMemory(t, i, API)
			begin := time.Now()
			got, err := ask(t, client, "http://server/", "")
			require.NoError(t, err)
			require.Equal(t, answerText, got.body)
			// A chunk is sent after its time, and the last one may be smaller.
			require.InEpsilon(t, want, time.Since(begin), 0.05)
			require.Equal(t, map[string]map[string]int64{"slow_body": {"api": 1}}, i.Counts())
		})
	}
}

// TestHandshakeDelay holds that the handshake takes longer, and a request on an open connection does not.
func TestHandshakeDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := with(t, time.Now, `{"tls": {"handshake_delay": "3s"}}`)
		listener := newPipes()
		server := &tls.Config{
			Certificates: []tls.Certificate{*testkit.SelfSigned(t, testkit.Key(t, "ES256"), nil)},
			MinVersion:   tls.VersionTLS12, GetConfigForClient: i.Handshake,
		}
		done := make(chan error, 1)
		go func() {
			conn, err := listener.Accept()
			if err == nil {
				err = tls.Server(conn, server).HandshakeContext(t.Context())
			}
			done <- err
		}()
		conn, err := listener.dial(t.Context(), "", "")
		require.NoError(t, err)
		begin := time.Now()
		require.NoError(t, tls.Client(conn, insecure).HandshakeContext(t.Context()))
		require.NoError(t, <-done)
		require.Equal(t, 3*time.Second, time.Since(begin))
		require.Equal(t, map[string]map[string]int64{"handshake_delay": {"tls": 1}}, i.Counts())
		require.NoError(t, conn.Close())
	})
}
