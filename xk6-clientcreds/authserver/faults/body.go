package faults

import (
	"maps"
	"net/http"
	"strconv"
	"time"
)

// slowBody sends the body of a share of the answers slowly.
type slowBody struct {
	rate           float64
	bytesPerSecond int
	sampler        *sampler
}

func readSlowBody(r *reader, name string, b builder) step {
	if r = r.child(name); r == nil {
		return nil
	}
	if _, given := r.value("bytes_per_second"); !given {
		r.failf("bytes_per_second", "is missing; it must be a number from 1 to 1e+06")
	}
	s := &slowBody{r.rate(), r.whole("bytes_per_second", 1, 1, 1e6), b.sampler(r.path)}
	r.finish()
	return s
}

func (s *slowBody) serve(x *request) bool {
	if s.sampler.hit(s.rate) {
		x.fault(slowBodyKind)
		x.bytesPerSecond = s.bytesPerSecond
	}
	return false
}

// truncatedBody sends a part of the body of a share of the answers, then cuts
// the connection. The Content-Length is the length of the whole body.
type truncatedBody struct {
	rate, keep float64
	sampler    *sampler
}

func readTruncatedBody(r *reader, name string, b builder) step {
	if r = r.child(name); r == nil {
		return nil
	}
	s := &truncatedBody{r.rate(), r.number("keep", 0.5, 0, 1), b.sampler(r.path)}
	r.finish()
	return s
}

func (s *truncatedBody) serve(x *request) bool {
	if s.sampler.hit(s.rate) {
		x.fault(truncatedBodyKind)
		x.truncated, x.keep = true, s.keep
	}
	return false
}

// bufferedResponse holds an answer back.
type bufferedResponse struct {
	header http.Header
	status int
	body   []byte
}

func (a *bufferedResponse) Header() http.Header { return a.header }

func (a *bufferedResponse) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *bufferedResponse) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p...)
	return len(p), nil
}

// replay sends the answer of next slowly, or only a part of it.
func (x *request) replay(next http.Handler) {
	a := &bufferedResponse{header: x.w.Header().Clone()}
	next.ServeHTTP(a, x.r)
	a.WriteHeader(http.StatusOK)
	maps.Copy(x.w.Header(), a.header)
	x.w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	x.w.WriteHeader(a.status)
	part := a.body
	if x.truncated {
		part = part[:min(int(x.keep*float64(len(part))), max(len(part)-1, 0))]
	}
	x.throttle(part)
	if x.truncated {
		_ = http.NewResponseController(x.w).Flush() // what cannot be flushed is cut off as well
		panic(http.ErrAbortHandler)
	}
}

// throttleInterval is the time between two parts of a slow body.
const throttleInterval = 50 * time.Millisecond

// throttle writes body at the bytes per second that the fault asks for.
func (x *request) throttle(body []byte) {
	if x.bytesPerSecond == 0 {
		_, _ = x.w.Write(body) // the client has gone: nobody is left to tell
		return
	}
	chunk := max(x.bytesPerSecond*int(throttleInterval)/int(time.Second), 1)
	interval := time.Duration(chunk) * time.Second / time.Duration(x.bytesPerSecond)
	flusher, _ := x.w.(http.Flusher)
	for len(body) > 0 {
		if flusher != nil {
			flusher.Flush()
		}
		if !x.injector.pause(x.r.Context(), interval) {
			return
		}
		n := min(chunk, len(body))
		if _, err := x.w.Write(body[:n]); err != nil {
			return
		}
		body = body[n:]
	}
}
