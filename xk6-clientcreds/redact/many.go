package redact

import (
	"encoding/base64"
	"net/url"
)

// SecretOfMany hides the secret of one of thousands of clients. All of them together would make
// Secret's search slow and large, so they are looked for as tokens are: where one stands by itself.
// Unlike tokens they are not forgotten. A secret that cannot be found so is hidden as by Secret.
func (r *Redactor) SecretOfMany(clientID, secret string) {
	if !isRun(secret) || url.QueryEscape(secret) != secret {
		r.Secret(clientID, secret)
		return
	}
	texts := []string{
		secret,
		base64.StdEncoding.EncodeToString([]byte(clientID + ":" + secret)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID) + ":" + secret)),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range texts {
		r.many[r.hash(text)] = struct{}{}
	}
}
