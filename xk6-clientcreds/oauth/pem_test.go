package oauth

import (
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// brokenLines are ways in which a PEM arrives from an environment or a configuration file.
var brokenLines = map[string]func(text string) string{
	"as it was":         func(text string) string { return text },
	"Windows":           func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") },
	"old Mac":           func(text string) string { return strings.ReplaceAll(text, "\n", "\r") },
	"escaped":           func(text string) string { return strings.ReplaceAll(text, "\n", `\n`) },
	"escaped twice":     func(text string) string { return strings.ReplaceAll(text, "\n", `\\n`) },
	"escaped, Windows":  func(text string) string { return strings.ReplaceAll(text, "\n", `\r\n`) },
	"escaped and there": func(text string) string { return strings.ReplaceAll(text, "\n", "\\n\n") },
	"blanks":            func(text string) string { return strings.ReplaceAll(text, "\n", " ") },
	"tabs":              func(text string) string { return strings.ReplaceAll(text, "\n", "\t") },
	"nothing":           func(text string) string { return strings.ReplaceAll(text, "\n", "") },
	"indented":          func(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") },
	"in quotes":         func(text string) string { return `"` + strings.ReplaceAll(text, "\n", `\n`) + `"` },
	"byte order mark":   func(text string) string { return "\ufeff" + text },
	"text around":       func(text string) string { return "Bag Attributes: <No Attributes>\n" + text + "\nend" },
}

func TestPEMWithoutItsLineBreaks(t *testing.T) {
	t.Parallel()
	key := testkit.Key(t, "ES256")
	private := string(testkit.KeyPEM(t, key))
	certificate := string(certificateOf(t, key, time.Now()))
	for name, broken := range brokenLines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseSigningKey([]byte(broken(private)), "", "")
			require.NoError(t, err)
			_, err = ParseSigningKey([]byte(broken(certificate+private)), "", "")
			require.NoError(t, err)
			_, err = ParseDPoPKey([]byte(broken(private)), "")
			require.NoError(t, err)
			c, err := ParseClientCertificate([]byte(broken(certificate+private+certificate)), []byte(broken(private)))
			require.NoError(t, err)
			require.Len(t, c.TLS().Certificate, 2)
		})
	}
}

// A key that cannot be restored is named, without its contents.
func TestTextsThatAreNoPEM(t *testing.T) {
	t.Parallel()
	private, certificate := string(testkit.KeyPEM(t, testkit.Key(t, "ES384"))), string(certificateOf(t,
		testkit.Key(t, "ES384"), time.Now()))
	coded := base64.StdEncoding.EncodeToString
	for name, c := range map[string]struct {
		broken  func(text string) string
		problem string
	}{
		"first line only": {
			func(text string) string { return strings.Split(text, "\n")[0] },
			"begins as a PEM but does not end; it is cut off, as by a file of variables that takes the first line only",
		},
		"cut off": {
			func(text string) string { return text[:len(text)/2] },
			"begins as a PEM but does not end; it is cut off, as by a file of variables that takes the first line only",
		},
		"not Base64": {
			func(text string) string { return strings.Replace(text, "\nM", "\n*", 1) },
			"is a PEM whose Base64 cannot be read",
		},
		"Base64": {
			func(text string) string { return coded([]byte(text)) },
			"is the Base64 of a PEM; decode it, such as with base64 -d",
		},
		"Base64 in lines": {func(text string) string {
			return coded([]byte(text))[:76] + "\n" +
				coded([]byte(text))[76:] + "\n"
		}, "is the Base64 of a PEM; decode it, such as with base64 -d"},
		"DER": {der, "is DER, which is binary; convert it to PEM with openssl"},
		"Base64 without its end": {
			func(text string) string { return coded([]byte(der(text))) },
			"is the Base64 of a PEM without its first and last line, such as -----BEGIN PRIVATE KEY-----",
		},
		"UTF-16": {
			func(text string) string { return "\xff\xfe" + strings.ReplaceAll(text, "", "\x00") },
			"is UTF-16; save it as UTF-8",
		},
		"JWK": {
			func(string) string { return coded([]byte(rfc7515EC)) },
			"is the Base64 of a JWK; decode it, such as with base64 -d",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseSigningKey([]byte(c.broken(private)), "", "")
			require.EqualError(t, err, `key `+c.problem+"; "+wantKey)
			_, err = ParseClientCertificate([]byte(c.broken(certificate)), []byte(private))
			require.EqualError(t, err, `certificate `+c.problem+"; "+wantCertificate)
		})
	}
}

// der is the content of a PEM.
func der(text string) string {
	block, _ := pem.Decode([]byte(text))
	return string(block.Bytes)
}

// A key that is encrypted in the old way is named as such, whatever became of its headers.
func TestEncryptedPEMWithoutItsLineBreaks(t *testing.T) {
	t.Parallel()
	encrypted := string(pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"},
		Bytes: []byte("x"),
	}))
	for name, broken := range brokenLines {
		_, err := ParseSigningKey([]byte(broken(encrypted)), "", "")
		assert.EqualError(t, err, `key is encrypted; remove the passphrase, such as with openssl pkey -in key.pem -out plain.pem`, name)
	}
}
