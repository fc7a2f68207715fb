package transport

import (
	"context"
	"net/http"
	"net/http/httptrace"
)

// holdFirstByte returns req with a trace that keeps the first byte of the answer to itself until answered
// is called. k6 counts only the first of them: without this, a request that is sent again below its HTTP
// client would have the waiting time of the discarded answer.
func holdFirstByte(req *http.Request) (held *http.Request, answered func()) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil || trace.GotFirstResponseByte == nil {
		return req, func() {}
	}
	quiet := *trace
	quiet.GotFirstResponseByte = nil
	ctx := httptrace.WithClientTrace(untraced{req.Context()}, &quiet)
	return req.WithContext(ctx), trace.GotFirstResponseByte
}

// untraced is a context that hides its trace: httptrace would call both the inner trace and the new one.
type untraced struct{ context.Context } //nolint:containedctx // it hides a value of the context

// Value hides the trace.
func (c untraced) Value(key any) any {
	v := c.Context.Value(key)
	if _, ok := v.(*httptrace.ClientTrace); ok {
		return nil
	}
	return v
}
