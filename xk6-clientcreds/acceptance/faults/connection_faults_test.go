//go:build linux

package faults

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"
)

// fault answers a request in the server's place. ask returns the server's answer, nil if there is none.
type fault func(w *wire, rw http.ResponseWriter, r *http.Request, ask func() *answer)

// silent keeps what net/http says of broken connections out of the tests' output.
var silent = log.New(io.Discard, "", 0)

// takeOver returns the connection of a request, to do with it as one likes.
func takeOver(rw http.ResponseWriter) net.Conn {
	conn, _, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return conn
}

// reset ends the connection with RST.
func reset(rw http.ResponseWriter) {
	conn := takeOver(rw)
	raw := conn
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		raw = secured.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}

// resets resets the connection instead of an answer.
func resets(_ *wire, rw http.ResponseWriter, _ *http.Request, _ func() *answer) { reset(rw) }

// swallows is a black hole: the request arrives, and nothing ever comes back.
func swallows(w *wire, _ http.ResponseWriter, r *http.Request, _ func() *answer) { w.hold(r) }

// hold waits until k6 gives a request up.
func (w *wire) hold(r *http.Request) {
	w.mu.Lock()
	w.seen.held++
	w.mu.Unlock()
	<-r.Context().Done()
	w.mu.Lock()
	w.seen.givenUp++
	w.mu.Unlock()
	panic(http.ErrAbortHandler)
}

// drips sends the head of the server's answer, and then a byte from time to time.
func drips(w *wire, rw http.ResponseWriter, r *http.Request, ask func() *answer) {
	a := ask()
	if a == nil {
		reset(rw)
		return
	}
	w.mu.Lock()
	w.seen.held++
	w.mu.Unlock()
	maps.Copy(rw.Header(), a.header)
	rw.WriteHeader(a.status)
	bytes := time.NewTicker(500 * time.Millisecond)
	defer bytes.Stop()
	for i := range a.body[:len(a.body)-1] {
		_, _ = rw.Write(a.body[i : i+1])
		rw.(http.Flusher).Flush()
		select {
		case <-bytes.C:
		case <-r.Context().Done():
			w.mu.Lock()
			w.seen.givenUp++
			w.mu.Unlock()
			panic(http.ErrAbortHandler)
		}
	}
	panic(http.ErrAbortHandler)
}

// truncates ends the connection in the middle of the server's answer.
func truncates(_ *wire, rw http.ResponseWriter, _ *http.Request, ask func() *answer) {
	if a := ask(); a != nil {
		maps.Copy(rw.Header(), a.header)
		rw.WriteHeader(a.status)
		_, _ = rw.Write(a.body[:len(a.body)/2])
		rw.(http.Flusher).Flush()
	}
	panic(http.ErrAbortHandler)
}

// refuses is a proxy or a limit in front of the server.
func refuses(status int, header, body string) fault {
	return func(w *wire, rw http.ResponseWriter, r *http.Request, _ func() *answer) {
		name, value, _ := strings.Cut(header, ": ")
		rw.Header().Set(name, value)
		w.answered(r, status)
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, body)
	}
}

// unavailable is a page of a proxy whose server is away. It is long, and does not belong into a log.
var unavailable = refuses(http.StatusServiceUnavailable, "Content-Type: text/html",
	"<html><h1>503 Service Unavailable</h1>"+strings.Repeat("<p>The service is unavailable.</p>\n", 2000)+"</html>")

// hangsUp answers, and closes the connection without having said so.
func hangsUp(w *wire, rw http.ResponseWriter, r *http.Request, ask func() *answer) {
	a := ask()
	if a == nil {
		reset(rw)
		return
	}
	w.answered(r, a.status)
	conn := takeOver(rw)
	defer conn.Close()
	var head strings.Builder
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = a.header.Write(&head)
	_, _ = io.WriteString(conn, head.String()+"\r\n"+string(a.body))
}

// saysGoodbye answers, and says that it was the connection's last answer: with Connection: close over HTTP/1.1, and with
// GOAWAY over HTTP/2.
func saysGoodbye(w *wire, rw http.ResponseWriter, r *http.Request, ask func() *answer) {
	a := ask()
	if a == nil {
		panic(http.ErrAbortHandler)
	}
	a.header.Set("Connection", "close")
	a.write(w, rw, r)
}
