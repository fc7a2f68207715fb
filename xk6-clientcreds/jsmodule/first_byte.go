package jsmodule

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
)

// maxDiscard bounds what is read of an answer that nobody will see, so that its connection can be used
// again.
const maxDiscard = 64 << 10

func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxDiscard) // whatever comes of it, the request is repeated
	_ = resp.Body.Close()
}

// holdingFirstByte returns req with a trace that keeps the first byte of the answer to itself until
// answered is called. k6 takes only the first of them: without this a request that is repeated below its
// HTTP client would have the waiting time of the answer that was thrown away.
func holdingFirstByte(req *http.Request) (held *http.Request, answered func()) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil || trace.GotFirstResponseByte == nil {
		return req, func() {}
	}
	quiet := *trace
	quiet.GotFirstResponseByte = nil
	ctx := httptrace.WithClientTrace(untraced{req.Context()}, &quiet)
	return req.WithContext(ctx), trace.GotFirstResponseByte
}

// untraced is a context without the trace in it: httptrace would call both, the one inside and the new.
type untraced struct{ context.Context } //nolint:containedctx // a context that hides something is one

// Value hides the trace.
func (c untraced) Value(key any) any {
	v := c.Context.Value(key)
	if _, ok := v.(*httptrace.ClientTrace); ok {
		return nil
	}
	return v
}
