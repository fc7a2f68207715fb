package oauth

import "net/http"

// checkKeyBinding gives a bound token its prover, and finds one that is not bound as was asked for: p is
// the prover whose key it must be bound to (RFC 9449 §5), or nil for one that anybody may use who has it (RFC 6750).
func checkKeyBinding(resp *http.Response, t *Token, p *Prover) *Error {
	wrong := func(code, description string) *Error {
		return &Error{Code: code, Status: resp.StatusCode, Description: description}
	}
	switch isDPoP := t.Type == TokenTypeDPoP; {
	case p == nil && isDPoP:
		return wrong(CodeTokenType, "the token has the type DPoP, which was not asked for: its use needs the option dpop")
	case p == nil:
		return nil
	case !isDPoP:
		return wrong(CodeTokenType, "the token has the type "+Printable(t.Type, maxCode)+" although a DPoP proof was sent: "+
			"the server does not support DPoP, or does not bind this client's tokens (RFC 9449 §5)")
	}
	if jkt := confirmationOf(t.AccessToken).Key; jkt != "" && jkt != p.thumbprint {
		return wrong(CodeTokenBinding, "the token is bound to another key than the one that signed the DPoP proof: "+
			"its cnf.jkt is not the key's thumbprint (RFC 9449 §6.1)")
	}
	t.Prover = p
	return nil
}
