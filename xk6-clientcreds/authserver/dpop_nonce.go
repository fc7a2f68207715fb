package authserver

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// headerNonce is the header of nonces, as net/http spells it.
const headerNonce = "Dpop-Nonce"

// nonces are those that a server demands in DPoP proofs, RFC 9449 §8. Another
// one is handed out every period, and each is accepted for one period more. They
// follow from the time, so that nothing has to be stored.
type nonces struct {
	secret [32]byte
	period time.Duration
}

func newNonces(period time.Duration) *nonces {
	n := &nonces{period: period}
	_, _ = rand.Read(n.secret[:]) // never fails
	return n
}

// of is the nonce of a period by its number.
func (n *nonces) of(number int64) string {
	mac := hmac.New(sha256.New, n.secret[:])
	_ = binary.Write(mac, binary.BigEndian, number) // a hash takes everything
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func (n *nonces) number(now time.Time) int64 { return now.UnixNano() / int64(n.period) }

// current is the header value that hands out the nonce of now.
func (n *nonces) current(now time.Time) []string { return []string{n.of(n.number(now))} }

// check finds a nonce that must not be in a proof. Where none are demanded any
// one may be.
func (n *nonces) check(nonce string, now time.Time) *proofError {
	if n == nil {
		return nil
	}
	number := n.number(now)
	switch {
	case nonce == "":
		return errNonceMissing
	case nonce != n.of(number) && nonce != n.of(number-1):
		return errNonceWrong
	}
	return nil
}
