package jsmodule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// key identifies a configuration: two clients with the same key are the same client. It is a
// hash, so that no secret is kept as a map key. A secret that the script refers to is identified by the reference: the
// secret may be replaced.
func (o *options) key() string {
	text, err := json.Marshal(struct {
		Options *options
		Secrets []string
	}{o, o.inScript()})
	if err != nil {
		panic(err) // strings, numbers and maps of strings always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// inScript returns the secrets that the script contains, each at a place of its own.
func (o *options) inScript() []string {
	list := make([]string, 0, 6)
	for _, s := range []struct {
		text secret.Text
		read bool
	}{
		{o.ClientSecret, o.SecretFrom.given()},
		{o.Key.Text, o.Key.From.given()},
		{o.Certificate.Text, o.Certificate.File != ""},
		{o.DPoP.Text, o.DPoP.From.given()},
	} {
		if s.read {
			s.text = secret.Text{}
		}
		list = append(list, s.text.Reveal())
	}
	return append(list, o.Exchange.secrets()...)
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
