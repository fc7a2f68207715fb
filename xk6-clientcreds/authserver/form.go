package authserver

import (
	"io"
	"mime"
	"net/http"
	"net/url"
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
type param struct{ name, value string }

// form holds the parameters of a request and the buffers for its response. Forms are used again: nothing that is in a
// buffer may be kept.
type form struct {
	params []param
	out    []byte // the response is built here
	seal   []byte // scratch of the token format

	granted tokenClaims // what a token request is answered with
}

var formPool = sync.Pool{New: func() any {
	return &form{out: make([]byte, 0, 1024), seal: make([]byte, 0, 256)}
}}

func newForm() *form { return formPool.Get().(*form) } //nolint:forcetypeassert // only forms are put there

// release forgets the request, credentials above all, and gives the buffers back.
func (f *form) release() {
	clear(f.params[:cap(f.params)])
	f.params, f.out, f.seal = f.params[:0], f.out[:0], f.seal[:0]
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
	body, err := readBody(r)
	if err != nil {
		return err
	}
	return f.parse(body)
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

func readBody(r *http.Request) (string, *oauthError) {
	if r.ContentLength > maxBody {
		return "", errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case len(body) > maxBody:
		return "", errTooLarge
	case err != nil:
		return "", errBody
	}
	return string(body), nil
}

// parse decodes a body. A parameter without a value counts as left out (RFC 6749 §3.2). A parameter that comes twice
// is an error, except resource (RFC 8707 §2) and audience (RFC 8693 §2.1). Unlike url.ParseQuery, parse accepts
// semicolons, as the media type does, and keeps the order.
func (f *form) parse(body string) *oauthError {
	for pair := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return errEncoding
		}
		if name == "" || value == "" {
			continue
		}
		if len(f.params) == maxParams {
			return errTooManyParams
		}
		if f.get(name) != "" && name != "resource" && name != "audience" {
			return errDuplicate
		}
		f.params = append(f.params, param{name, value})
	}
	return nil
}

// get returns the value of a parameter, or "" if the request does not have it.
func (f *form) get(name string) string {
	for i := range f.params {
		if f.params[i].name == name {
			return f.params[i].value
		}
	}
	return ""
}
