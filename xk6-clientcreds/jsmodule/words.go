package jsmodule

import "github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"

// maxWords is how much of a server's own words an error or a warning shows.
const maxWords = 600

// words returns what a server said as it may be shown: secrets and tokens are hidden first, and the text
// is cleaned and shortened then, because half a secret would not be recognised as one.
func (p *process) words(text string) string {
	return oauth.Printable(p.redactor.String(text), maxWords)
}
