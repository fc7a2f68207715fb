package faults

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// request is a request on its way through the faults, with its answer.
type request struct {
	injector *Injector
	endpoint Endpoint
	w        http.ResponseWriter
	r        *http.Request
	body     []byte // what was read of the request's body

	// How the answer is to be sent.
	bytesPerSecond int
	truncated      bool
	keep           float64
}

// step is one fault of an endpoint. serve reports whether the request is over.
type step interface{ serve(x *request) bool }

func (x *request) fault(k Kind) { x.injector.counts.fault(k, x.endpoint) }

// client returns the client that sent the request, "" if it is unknown.
func (x *request) client() string { return x.injector.clientOf(x.endpoint, x.r, x.body) }

// answer is the end of the request.
func (x *request) answer(p *reply) {
	x.injector.counts.result(x.endpoint, p.result)
	p.write(x.w)
}

// cut is the end of the request and of its connection.
func (x *request) cut() {
	x.injector.counts.result(x.endpoint, resultReset)
	abort(x.r.Context())
}

// wait lets the request wait. It is over when the client does not.
func (x *request) wait(d time.Duration) bool {
	if x.injector.pause(x.r.Context(), d) {
		return false
	}
	x.injector.counts.result(x.endpoint, resultClientClosed)
	return true
}

// maxBody is how much of a request's body is read ahead, in bytes.
const maxBody = 64 << 10

// bufferBody reads the body before the faults come. Only then does net/http
// notice that a client goes away while it waits.
func (x *request) bufferBody() {
	if x.r.Body == nil || x.r.Body == http.NoBody {
		return
	}
	ahead, err := io.ReadAll(io.LimitReader(x.r.Body, maxBody+1))
	x.body = ahead
	rest := io.Reader(x.r.Body)
	if err != nil {
		rest = failed{err}
	}
	r := x.r.Clone(x.r.Context())
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(ahead), rest), x.r.Body}
	x.r = r
}

// failed is a reader that cannot be read.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
