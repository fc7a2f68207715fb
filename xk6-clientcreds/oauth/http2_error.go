package oauth

import (
	"regexp"
	"strings"
)

// The errors of HTTP/2 have other types in each version of Go, but the same texts.
var (
	// A stream that the server has reset; where this side did so there is another cause in the text.
	streamReset = regexp.MustCompile(`stream error: stream ID \d+; ([^;]+)(?:; received from peer)?$`)
	goAway      = regexp.MustCompile(`GOAWAY.*?ErrCode[=:] ?(\w+)`)
)

// http2Reset reports whether err is the counterpart of a closed connection in HTTP/1.1: a stream that the server has
// reset (RFC 9113 §5.4.2), or a connection that it has given up (§6.8). code is its reason, where known.
func http2Reset(err error) (code string, ok bool) {
	text := err.Error()
	for _, pattern := range []*regexp.Regexp{streamReset, goAway} {
		if match := pattern.FindStringSubmatch(text); match != nil {
			return match[1], true
		}
	}
	return "", strings.Contains(text, "http2: client connection lost") || strings.Contains(text, "GOAWAY")
}
