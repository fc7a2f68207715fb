package oauth

import (
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"syscall"
)

// resend calls try, which sends a request, and calls it again for as long as the request met a connection
// of an earlier one that the server had closed meanwhile: it never arrived, so it has not failed. net/http
// does so for requests that it takes for idempotent, which a POST is not.
//
// A server may also have closed the connection after it had read the request. Nobody can tell the two
// apart, and a token request changes nothing. A connection that is reset is another matter: that is how
// processes die, and net/http would hide it. It is a failure.
func resend[T any](ctx context.Context, try func(context.Context) (T, *Error)) (T, *Error) {
	for {
		reused := false
		result, err := try(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
		}))
		if err == nil || err.Status != 0 || !reused || !closedWhileIdle(err.cause) || ctx.Err() != nil {
			return result, err
		}
	}
}

// serverClosedIdle is the text of an error that net/http does not export.
const serverClosedIdle = "http: server closed idle connection"

// closedWhileIdle reports whether err is an orderly end of the connection before any byte of an answer.
func closedWhileIdle(err error) bool {
	return err != nil && (errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || err.Error() == serverClosedIdle)
}
