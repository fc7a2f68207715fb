package oauth

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// impatient is a server that answers the first request on each connection, and ends the connection where
// it should answer the second.
type impatient struct {
	url    string
	answer string
	end    func(net.Conn) // before the connection is closed

	mu    sync.Mutex
	forms []string // that came
}

func newImpatient(t *testing.T, answer string, end func(net.Conn)) *impatient {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &impatient{url: "http://" + listener.Addr().String(), answer: answer, end: end}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		connections.Wait()
	})
	return s
}

func (s *impatient) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for n := range 2 {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		s.mu.Lock()
		s.forms = append(s.forms, string(body))
		s.mu.Unlock()
		if n == 1 {
			s.end(conn)
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", typeJSON,
			len(s.answer), s.answer)
	}
}

func (s *impatient) came() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forms
}

// A request on a connection that the server had closed while it was idle goes out again on another one,
// with credentials of its own, and is one attempt. Whatever else ends a connection is a failure.
func TestClosedIdleConnections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(net.Conn)
		want string // of the second request
		came int
	}{
		"closed":      {func(net.Conn) {}, "", 3},
		"reset":       {func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }, CodeConnectionReset, 2},
		"half answer": {func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n") }, CodeConnectionReset, 2},
		"half a token": {func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
		}, CodeConnectionReset, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newImpatient(t, `{"access_token":"at"}`, c.end)
			transport := new(http.Transport)
			t.Cleanup(transport.CloseIdleConnections)
			conf := config()
			conf.TokenURL = s.url
			made := 0
			conf.Auth = ClientAuth{Method: "private_key_jwt", Apply: func(_ context.Context, r *TokenRequest) error {
				made++
				r.Form.Set("jti", strconv.Itoa(made))
				return nil
			}}
			client := newClient(t, conf)
			var attempts []string
			for range 2 {
				_, _ = client.TokenWithRetry(context.Background(), Doer(transport.RoundTrip), Retry{}, func(a Attempt) {
					code := ""
					if a.Err != nil {
						code = a.Err.Code
					}
					attempts = append(attempts, code)
				})
			}
			assert.Equal(t, []string{"", c.want}, attempts)
			want := []string{
				"grant_type=client_credentials&jti=1", "grant_type=client_credentials&jti=2",
				"grant_type=client_credentials&jti=3",
			}
			assert.Equal(t, want[:c.came], s.came())
		})
	}
}

func TestClosedIdleConnectionsOfOtherEndpoints(t *testing.T) {
	t.Parallel()
	s := newImpatient(t, `{"active":true}`, func(net.Conn) {})
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	e, err := NewEndpoint(FieldIntrospectionURL, s.url, config())
	require.NoError(t, err)
	for range 2 {
		said, err := e.Introspect(context.Background(), transport.RoundTrip, "some-token")
		require.NoError(t, err)
		assert.True(t, said.Active)
	}
	assert.Len(t, s.came(), 3)
	_, err = e.Revoke(context.Background(), transport.RoundTrip, "some-token")
	require.NoError(t, err)
	assert.Len(t, s.came(), 5, "the connection of the last introspection was closed as well")
}

// A server that closes new connections is asked once: it does not like the request.
func TestClosedNewConnections(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := 0
	address := peerThat(t, func(conn net.Conn) {
		readRequest(conn)
		mu.Lock()
		asked++
		mu.Unlock()
	})
	e := grantAt(context.Background(), t, "http://"+address, &http.Transport{})
	assert.Equal(t, CodeConnectionReset, e.Code)
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, 1, asked)
}
