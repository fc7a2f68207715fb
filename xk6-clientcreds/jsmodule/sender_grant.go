package jsmodule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// grantTag is the tag of a request for that grant: none where there is one grant only. What failed
// before either of them could be asked for is the first.
func (s *sender) grantTag(grant string) string {
	switch {
	case s.opts.Exchange == nil:
		return ""
	case grant == "":
		return oauth.GrantClientCredentials
	}
	return grant
}

// compareScope warns once of a scope that was asked for and not granted: a server may leave out
// what it does not like (RFC 6749 §3.3), and the API's 403 comes much later.
func (s *sender) compareScope(grant, granted string) {
	requested, text := s.opts.Scope, s.opts.scopeText
	if grant == oauth.GrantTokenExchange {
		requested, text = s.opts.Exchange.Scope, s.opts.Exchange.scopeText
	}
	if granted == text {
		return
	}
	list := strings.Fields(granted)
	for _, asked := range requested {
		if !slices.Contains(list, asked) {
			s.process.warnOnce(warning{"scope of " + grant, s.opts.subject()}, fmt.Sprintf("Client %q asked for scope %q and was granted %q: %q is missing",
				s.opts.ClientID, text, s.process.words(granted), asked))
			return
		}
	}
}
