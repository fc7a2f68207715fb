package jsmodule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// key identifies a configuration: two clients with the same key are the same client. It is a
// hash, so that no secret is kept as a map key. A secret that the script refers to is identified by the reference: the
// secret may be replaced.
func (o *options) key() string {
	named := *o
	if named.SecretFrom.given() {
		named.ClientSecret = ""
	}
	if named.Key.From.given() {
		named.Key.Text = ""
	}
	if named.Certificate.File != "" {
		named.Certificate.Text = ""
	}
	if named.DPoP.From.given() {
		named.DPoP.Text = ""
	}
	text, err := json.Marshal(named) // #nosec G117 -- hashed in the next line, never stored or shown
	if err != nil {
		panic(err) // strings, numbers and maps of strings always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// tag is the value of the tag client.
func (o *options) tag() string {
	if o.Pool != "" {
		return o.Pool
	}
	return o.ClientID
}

// subject is the subject of a warning: the client, or its whole pool.
func (o *options) subject() any {
	if o.shared != nil {
		return o.shared
	}
	return o
}

// where names the token endpoint, or the issuer that leads to it, in messages. A query may hold a
// key and is left out.
func (o *options) where() string {
	if o.Issuer != "" {
		return "issuer " + o.Issuer
	}
	endpoint, _, _ := strings.Cut(o.TokenURL, "?")
	return endpoint
}
