package oauth

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
)

// closing counts how often it is closed.
type closing struct {
	io.Reader

	times int
}

func (c *closing) Close() error {
	c.times++
	return nil
}

// Whatever becomes of an answer, its body is closed: the connection leaks otherwise.
func TestBodiesAreClosed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]func() io.Reader{
		"read to its end": func() io.Reader { return strings.NewReader(`{"access_token":"at","active":true,"keys":[]}`) },
		"too large":       func() io.Reader { return strings.NewReader(strings.Repeat(" ", maxBody+2)) },
		"broken off":      func() io.Reader { return iotest.ErrReader(io.ErrUnexpectedEOF) },
		"not understood":  func() io.Reader { return strings.NewReader("\x1f\x8b") },
	} {
		for asked, ask := range map[string]func(Doer){
			"token":         func(do Doer) { _, _ = newClient(t, config()).Token(context.Background(), do) },
			"introspection": func(do Doer) { _, _ = newTestEndpoint(t, config()).Introspect(context.Background(), do, "t") },
			"revocation":    func(do Doer) { _, _ = newTestEndpoint(t, config()).Revoke(context.Background(), do, "t") },
			"metadata":      func(do Doer) { _, _ = Discover(context.Background(), do, "https://i.example.com") },
			"key set":       func(do Doer) { _, _ = FetchKeySet(context.Background(), do, "https://i.example.com/keys") },
		} {
			for _, status := range []int{200, 302, 503} {
				var answers []*closing
				ask(func(*http.Request) (*http.Response, error) {
					answer := &closing{Reader: body()}
					answers = append(answers, answer)
					header := http.Header{"Location": {"/elsewhere"}}
					return &http.Response{StatusCode: status, Header: header, Body: answer}, nil
				})
				assert.NotEmpty(t, answers)
				for _, answer := range answers {
					assert.Equal(t, 1, answer.times, "%s, %s, %d", asked, name, status)
				}
			}
		}
	}
}
