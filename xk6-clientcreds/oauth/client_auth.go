package oauth

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// TokenRequest is a token request before it is sent: what a ClientAuth may add to.
type TokenRequest struct {
	URL    *url.URL
	Form   url.Values
	Header http.Header
}

// ClientAuth is a way to authenticate the client at the token endpoint (RFC 6749 §2.3), one
// constructor per registered method name. Apply adds the credentials to one request.
type ClientAuth struct {
	// Method is the name in the IANA registry "OAuth Token Endpoint Authentication Methods".
	Method string
	// Apply adds the credentials to r. It is called for every attempt.
	Apply func(ctx context.Context, r *TokenRequest) error
	// Static says that Apply adds the same every time, so that the request can be prepared once.
	Static bool
	// Signs says that Apply makes a signature, which takes a time worth measuring.
	Signs bool
}

// BasicEncoding says how ClientSecretBasic encodes identifier and secret before Base64.
type BasicEncoding int

const (
	// BasicForm encodes both as application/x-www-form-urlencoded, as RFC 6749 §2.3.1 requires.
	BasicForm BasicEncoding = iota
	// BasicRaw takes them as they are, for servers that do not decode. An identifier with a colon
	// cannot be sent so.
	BasicRaw
)

// methodClientSecretBasic is the registered name of ClientSecretBasic's method.
const methodClientSecretBasic = "client_secret_basic"

// ClientSecretBasic is client_secret_basic: HTTP Basic authentication with the client's
// identifier and secret (RFC 6749 §2.3.1).
func ClientSecretBasic(clientID string, secret string, enc BasicEncoding) ClientAuth {
	return ClientAuth{
		Method: methodClientSecretBasic, Static: true,
		Apply: func(_ context.Context, r *TokenRequest) error {
			id, s := clientID, secret
			if enc == BasicForm {
				id, s = url.QueryEscape(id), url.QueryEscape(s)
			} else if err := checkRaw(id, s); err != nil {
				return err
			}
			r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id+":"+s)))
			return nil
		},
	}
}

// checkRaw finds what RFC 7617 §2 cannot carry: the first colon ends the user-id, and there are no
// control characters.
func checkRaw(id, secret string) error {
	if strings.Contains(id, ":") {
		return configError(FieldClientID,
			"must not contain a colon with the raw encoding of Basic authentication; use the form encoding")
	}
	for _, credential := range []struct {
		field Field
		text  string
	}{{FieldClientID, id}, {FieldClientSecret, secret}} {
		if strings.ContainsFunc(credential.text, func(c rune) bool { return c < 0x20 || c == 0x7f }) {
			return configError(credential.field,
				"must not contain a control character with the raw encoding of Basic authentication; use the form encoding")
		}
	}
	return nil
}

// ClientSecretPost is client_secret_post: the client's identifier and secret as parameters of the
// request body (RFC 6749 §2.3.1).
func ClientSecretPost(clientID string, secret string) ClientAuth {
	return ClientAuth{Method: "client_secret_post", Static: true, Apply: func(_ context.Context, r *TokenRequest) error {
		r.Form.Set("client_id", clientID)
		r.Form.Set("client_secret", secret)
		return nil
	}}
}
