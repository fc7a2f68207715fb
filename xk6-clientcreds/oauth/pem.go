package oauth

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
)

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemDash  = "-----"
)

// lineBreaks are the remains of line breaks in an environment: files for it and CI variables hold one
// line.
var lineBreaks = strings.NewReplacer(`\\r\\n`, "\n", `\\n`, "\n", `\r\n`, "\n", `\n`, "\n", `\r`, "\n", "\r\n", "\n",
	"\r", "\n")

// RestorePEM returns text with the line breaks of its PEM blocks (RFC 7468), which are lost on the
// way through an environment: there may be the two characters \n instead, blanks, or nothing, and
// indentation or quotes around. Other text is returned as it is.
func RestorePEM(text []byte) []byte {
	if !bytes.Contains(text, []byte(pemBegin)) {
		return text
	}
	rest := lineBreaks.Replace(string(text))
	var b strings.Builder
	for {
		before, block, found := strings.Cut(rest, pemBegin)
		label, body, begins := strings.Cut(block, pemDash)
		end := pemEnd + label + pemDash
		body, after, ends := strings.Cut(body, end)
		if !found || !begins || !ends {
			b.WriteString(rest)
			return []byte(b.String())
		}
		b.WriteString(before)
		fmt.Fprintf(&b, "\n%s%s%s\n%s\n%s\n", pemBegin, label, pemDash, restoreBody(body), end)
		rest = after
	}
}

// pemLine is the length of a line (RFC 7468 §2).
const pemLine = 64

// restoreBody puts the words of a body into lines. Where it has headers (RFC 1421), it must have its
// line breaks.
func restoreBody(body string) string {
	if strings.Contains(body, ":") {
		return strings.TrimSpace(body)
	}
	var lines []string
	for _, word := range strings.Fields(body) {
		for ; len(word) > pemLine+pemLine/2; word = word[pemLine:] { // longer than others write it: it was several
			lines = append(lines, word[:pemLine])
		}
		lines = append(lines, word)
	}
	return strings.Join(lines, "\n")
}

// pemBlocks returns the blocks of a PEM, or what is wrong with a text that has none.
func pemBlocks(text []byte) (blocks []*pem.Block, problem string) {
	restored := RestorePEM(bytes.TrimPrefix(text, []byte("\ufeff")))
	for block, rest := pem.Decode(restored); block != nil; block, rest = pem.Decode(rest) {
		blocks = append(blocks, block)
	}
	if len(blocks) == 0 {
		problem = whyNoPEM(restored)
	}
	return blocks, problem
}

// whyNoPEM says what a text is that has no PEM block, in words that follow the name of an option.
func whyNoPEM(text []byte) string {
	switch {
	case bytes.Contains(text, []byte(pemBegin)) && !bytes.Contains(text, []byte(pemEnd)):
		return "begins as a PEM but does not end; it is cut off, as by a file of variables that takes the first line only"
	case bytes.Contains(text, []byte(pemBegin)):
		return "is a PEM whose Base64 cannot be read"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return "is UTF-16; save it as UTF-8"
	case isDER(text):
		return "is DER, which is binary; convert it to PEM with openssl"
	}
	content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	switch {
	case err != nil:
	case bytes.Contains(content, []byte(pemBegin)):
		return "is the Base64 of a PEM; decode it, such as with base64 -d"
	case isDER(content):
		return "is the Base64 of a PEM without its first and last line, such as " + pemBegin + "PRIVATE KEY" + pemDash
	case bytes.HasPrefix(content, []byte("{")):
		return "is the Base64 of a JWK; decode it, such as with base64 -d"
	}
	return ""
}

// isDER reports whether text begins as a key or certificate does: with a SEQUENCE of a hundred bytes or more (X.690
// §8.1).
func isDER(text []byte) bool {
	return len(text) > 100 && text[0] == 0x30 && text[1]&0x80 != 0
}
