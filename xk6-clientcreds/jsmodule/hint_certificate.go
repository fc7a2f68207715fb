package jsmodule

import (
	"crypto/tls"
	"errors"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// hintHandshake is for a server that ends the handshake, or the connection right after it: with TLS
// 1.3 it says so only once the client thinks that it is connected, and many servers do not say why.
const hintHandshake = "the server may have refused the client's certificate: check that it is not expired, that certificate has the CAs between, " +
	"and that the server trusts its CA"

// certificateHints are those of clients that authenticate with a certificate, by Error.Code.
var certificateHints = map[string]string{
	codeInvalidClient: "check clientId, and that the server has the subject or the key of this certificate registered for it; " +
		"a proxy before the server that ends TLS must hand the certificate on, or issuer lead to the place that asks for it (mtls_endpoint_aliases)",
	oauth.CodeTLS:             hintHandshake + "; or its own certificate is not trusted: SSL_CERT_FILE names a CA file to trust",
	oauth.CodeConnectionReset: hintHandshake + "; or it is overloaded or restarting",
	oauth.CodeTokenBinding: "the server has seen another certificate than this client's: that of a proxy on the way, " +
		"or the token is one that it keeps for several clients",
}

// distrusted reports whether it is this side that did not trust the other's certificate.
func distrusted(e *oauth.Error) bool {
	var unverified *tls.CertificateVerificationError
	return errors.As(e, &unverified)
}
