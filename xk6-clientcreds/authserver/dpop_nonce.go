package authserver

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"sync/atomic"
	"time"
)

// headerNonce is the header of nonces, as net/http spells it.
const headerNonce = "Dpop-Nonce"

// nonces are those that a server demands in DPoP proofs, RFC 9449 §8. Another
// one is handed out every period, and each is accepted for one period more. They
// follow from the time, so that nothing has to be stored.
type nonces struct {
	secret     [32]byte
	generation atomic.Uint64        // nonces of another one are forgotten
	period     func() time.Duration // 0: none are demanded
	refused    func()               // is told of each proof without a nonce that is accepted
}

func newNonces(period func() time.Duration, refused func()) *nonces {
	n := &nonces{period: period, refused: refused}
	_, _ = rand.Read(n.secret[:]) // never fails
	return n
}

// forget makes all nonces that were handed out useless, as a restart does.
func (n *nonces) forget() { n.generation.Add(1) }

// of is the nonce of a period by its length and number.
func (n *nonces) of(period time.Duration, number int64) string {
	mac := hmac.New(sha256.New, n.secret[:])
	_ = binary.Write(mac, binary.BigEndian, []int64{int64(period), number}) // a hash takes everything
	_ = binary.Write(mac, binary.BigEndian, n.generation.Load())
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// handOut sends the nonce of now, where one is demanded.
func (n *nonces) handOut(h http.Header, now time.Time) {
	if period := n.period(); period > 0 {
		h[headerNonce] = []string{n.of(period, now.UnixNano()/int64(period))}
	}
}

// check finds a nonce that must not be in a proof. Where none are demanded any
// one may be.
func (n *nonces) check(nonce string, now time.Time) *proofError {
	period := n.period()
	if period == 0 {
		return nil
	}
	number := now.UnixNano() / int64(period)
	switch {
	case nonce == "":
		n.refused()
		return errNonceMissing
	case nonce != n.of(period, number) && nonce != n.of(period, number-1):
		n.refused()
		return errNonceWrong
	}
	return nil
}
