package jsmodule

import (
	"fmt"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// credential takes an identifier, a secret or a token, whose value must not be in an error. One with a
// newline, which echo and files of variables leave at its end, no server can have issued.
func readCredential(r *jsoption.Reader, name string, to *string) {
	r.Text(name, to)
	checkCredential(r, name, *to)
}

// readCredentialText is readCredential for a secret.
func readCredentialText(r *jsoption.Reader, name string, to *secret.Text) {
	var text string
	readCredential(r, name, &text)
	*to = secret.New(text)
}

// readText takes a text that may be secret.
func readText(r *jsoption.Reader, name string, to *secret.Text) {
	var text string
	r.Text(name, &text)
	*to = secret.New(text)
}

func checkCredential(r *jsoption.Reader, name, text string) {
	if err := oauth.CheckSecret(text); err != nil {
		r.Fail(name, "%w", err)
	}
}

// warnOfBlanks says what servers allow (RFC 6749 §A.1 and §A.2), but hardly any issues.
func (t *tokenSource) warnOfBlanks() {
	o := t.credentials.Load().opts
	for _, c := range []struct{ option, text string }{
		{"clientId", o.ClientID}, {"clientSecret", o.ClientSecret.Reveal()}, {"key.kid", o.Key.ID},
	} {
		if strings.TrimSpace(c.text) != c.text {
			t.process.warnOnce(warning{"blanks of " + c.option, t.opts.subject()}, fmt.Sprintf(
				"Client %q: option %q begins or ends with a blank, which is sent as a part of it; remove the blank if it does "+
					"not belong to it",
				o.ClientID, c.option))
		}
	}
}
