package faults

import (
	"crypto/tls"
	"time"
)

// handshakeBounds are narrower than the bounds of requests: the server gives up on
// a handshake after ten seconds.
var handshakeBounds = bounds{0, 8 * time.Second}

// Handshake delays TLS handshakes as the document says. It is for
// [tls.Config.GetConfigForClient], and keeps the configuration as it is.
func (i *Injector) Handshake(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	p := i.plan.Load()
	if p == nil || p.handshake == nil {
		return nil, nil //nolint:nilnil // nil keeps the configuration
	}
	if d := p.handshake.draw(); d > 0 {
		i.counts.fault(handshakeKind, tlsPlace)
		if !i.pause(hello.Context(), d) {
			return nil, hello.Context().Err()
		}
	}
	return nil, nil //nolint:nilnil // nil keeps the configuration
}
