package authserver

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
)

// formType is the media type of every request to the authorization server.
const formType = "application/x-www-form-urlencoded"

const (
	maxBody   = 64 << 10 // bytes of a request body; a token request has some hundred
	maxParams = 64       // parameters of a request
)

// param is one decoded parameter.
type param struct{ name, value []byte }

// form is a decoded application/x-www-form-urlencoded request body. It works
// in one buffer, which is used again: nothing that it returns may be kept.
type form struct {
	buf    []byte
	params []param
	out    []byte // the response is built here
	seal   []byte // scratch of the token format

	granted tokenClaims // what a token request is answered with
}

var formPool = sync.Pool{New: func() any {
	return &form{buf: make([]byte, 0, 1024), out: make([]byte, 0, 1024), seal: make([]byte, 0, 256)}
}}

func newForm() *form { return formPool.Get().(*form) } //nolint:forcetypeassert // only forms are put there

// release wipes what the request said, credentials above all, and gives the
// buffers back.
func (f *form) release() {
	clear(f.buf[:cap(f.buf)])
	clear(f.params[:cap(f.params)])
	f.buf, f.params, f.out, f.seal = f.buf[:0], f.params[:0], f.out[:0], f.seal[:0]
	f.granted = tokenClaims{}
	formPool.Put(f)
}

// read reads and checks the body of an endpoint that takes POSTed forms only.
func (f *form) read(r *http.Request) *oauthError {
	if r.Method != http.MethodPost {
		return errMethod
	}
	if !isFormType(r.Header["Content-Type"]) {
		return errContentType
	}
	// Credentials in the URI end up in logs: RFC 6749 §2.3.1 forbids them.
	if strings.Contains(r.URL.RawQuery, "client_secret") || strings.Contains(r.URL.RawQuery, "client_assertion") {
		return errQueryCredentials
	}
	if err := f.readBody(r); err != nil {
		return err
	}
	return f.parse()
}

func isFormType(values []string) bool {
	if len(values) != 1 {
		return false
	}
	if values[0] == formType {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(values[0])
	return err == nil && mediaType == formType
}

func (f *form) readBody(r *http.Request) *oauthError {
	if r.ContentLength > maxBody {
		return errTooLarge
	}
	body := io.LimitReader(r.Body, maxBody+1)
	for {
		if len(f.buf) == cap(f.buf) {
			f.buf = append(f.buf, 0)[:len(f.buf)]
		}
		n, err := body.Read(f.buf[len(f.buf):cap(f.buf)])
		f.buf = f.buf[:len(f.buf)+n]
		switch {
		case len(f.buf) > maxBody:
			return errTooLarge
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errBody
		case int64(len(f.buf)) == r.ContentLength:
			return nil
		}
	}
}

// parse splits and decodes the body in place. A parameter without a value
// counts as left out (RFC 6749 §3.2), one that comes twice is an error, except
// resource (RFC 8707 §2) and audience (RFC 8693 §2.1).
func (f *form) parse() *oauthError {
	for rest := f.buf; len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte{'&'})
		name, value, _ := bytes.Cut(pair, []byte{'='})
		name, ok := unescape(name)
		if !ok {
			return errEncoding
		}
		value, ok = unescape(value)
		if !ok {
			return errEncoding
		}
		if len(name) == 0 || len(value) == 0 {
			continue
		}
		if len(f.params) == maxParams {
			return errTooManyParams
		}
		if f.get(string(name)) != nil && string(name) != "resource" && string(name) != "audience" {
			return errDuplicate
		}
		f.params = append(f.params, param{name, value})
	}
	return nil
}

// get returns the value of a parameter, nil when the request has none.
func (f *form) get(name string) []byte {
	for i := range f.params {
		if string(f.params[i].name) == name {
			return f.params[i].value
		}
	}
	return nil
}

// unescape form-decodes b in place.
func unescape(b []byte) ([]byte, bool) {
	if bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '+') < 0 {
		return b, true
	}
	n := 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if i+2 >= len(b) {
				return nil, false
			}
			hi, lo := unhex(b[i+1]), unhex(b[i+2])
			if hi < 0 || lo < 0 {
				return nil, false
			}
			c = byte(hi<<4 | lo) // #nosec G115 -- two hex digits are one byte
			i += 2
		}
		b[n] = c
		n++
	}
	return b[:n], true
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
