package oauth

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// maxCodings bounds the content codings of one answer. More than one is rare.
const maxCodings = 3

// decoders has the content codings that are understood (RFC 9110 §8.4.1): the same as k6/http's, so that
// an answer is the same to a script's own request.
var decoders = map[string]func([]byte) (io.Reader, error){
	"gzip":   gunzip,
	"x-gzip": gunzip,
	"deflate": func(body []byte) (io.Reader, error) {
		// The name means zlib. Some servers send what zlib wraps (RFC 9110 §8.4.1.2).
		if r, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
			return r, nil
		}
		return flate.NewReader(bytes.NewReader(body)), nil
	},
	"br": func(body []byte) (io.Reader, error) { return brotli.NewReader(bytes.NewReader(body)), nil },
	"zstd": func(body []byte) (io.Reader, error) {
		r, err := zstd.NewReader(bytes.NewReader(body),
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow)) // without goroutines
		if err != nil {
			return nil, err
		}
		return r.IOReadCloser(), nil
	},
}

// maxZstdWindow is the window that a decoder must accept (RFC 8878 §3.1.1.1.2).
const maxZstdWindow = 8 << 20

func gunzip(body []byte) (io.Reader, error) { return gzip.NewReader(bytes.NewReader(body)) }

// Decode returns body without the content codings that header lists. Neither k6 nor this package
// asks for a compressed answer; some gateways compress all the same. What is larger than 1 MiB, before
// or after, is an error.
func Decode(header http.Header, body []byte) ([]byte, error) {
	codings := contentCodings(header)
	if len(codings) > maxCodings {
		return nil, unreadableError(fmt.Sprintf("the answer has more than %d content codings", maxCodings))
	}
	for _, name := range slices.Backward(codings) {
		if len(body) == 0 {
			return body, nil // whatever the header says
		}
		decoder := decoders[name]
		if decoder == nil {
			return nil, unreadableError(fmt.Sprintf("the answer has the content coding %q, which the request did not ask for",
				Printable(name, maxCode)))
		}
		r, err := decoder(body)
		if err == nil {
			body, err = readAll(r, 0)
			if closer, ok := r.(io.Closer); ok {
				_ = closer.Close() // it reads from memory
			}
		}
		switch {
		case errors.Is(err, errTooLarge):
			return nil, err
		case err != nil:
			return nil, unreadableError("the answer claims the content coding " + name + ", but cannot be decoded")
		}
	}
	return body, nil
}

// contentCodings are the codings of an answer in the order in which they were applied.
func contentCodings(header http.Header) []string {
	var codings []string
	for _, value := range header["Content-Encoding"] {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
				codings = append(codings, name)
			}
		}
	}
	return codings
}
