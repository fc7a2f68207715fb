package oauth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// confirmation is the cnf claim of an access token: what the token is bound to (RFC 7800 §3.1).
type confirmation struct {
	Certificate string `json:"x5t#S256"` // RFC 8705 §3.1
	Key         string `json:"jkt"`      // RFC 9449 §6.1
}

// confirmationOf reads the claim of a token that is a JWT, without verifying it: that is the API's
// part. It is empty where the token is none, or is bound to nothing.
func confirmationOf(token string) confirmation {
	var claims struct {
		Confirmation confirmation `json:"cnf"`
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return confirmation{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return confirmation{}
	}
	return claims.Confirmation
}

// checkBinding finds a token that is bound to another certificate than the client's. APIs would refuse
// it, and their answers would not say why.
func (c *Config) checkBinding(resp *http.Response, t *Token) *Error {
	bound, own := confirmationOf(t.AccessToken.Reveal()).Certificate, c.Certificate.Thumbprint()
	if bound == "" || bound == own {
		return nil
	}
	return &Error{Code: CodeTokenBinding, Status: resp.StatusCode, Description: fmt.Sprintf(
		"the access token is bound to the certificate %s, but the client's certificate is %s (cnf x5t#S256, RFC 8705 §3.1)",
		Printable(bound, maxCode), own)}
}
