package jsmodule

import (
	"encoding/pem"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// certificateOptions are the certificate of tls_client_auth and self_signed_tls_client_auth, and the one
// whose thumbprint the JWTs of private_key_jwt have.
type certificateOptions struct {
	Text secret.Text // PEM, maybe with the key; of File once that is read
	File string
}

// certificate takes the text of a certificate chain, or an object with it or its file.
func readCertificateOption(r *jsoption.Reader, name string, to *certificateOptions) {
	v := r.Get(name)
	switch {
	case v == nil:
	case jsoption.IsObject(v):
		r.Nested(name, v, func(c *jsoption.Reader) {
			readText(c, "text", &to.Text)
			c.File("file", &to.File)
		})
		if !r.Failed() && to.Text.IsZero() == (to.File == "") {
			r.Fail(name, "must have one of text and file: the client's certificate as PEM, or the path of a file with it")
		}
	case jsoption.IsString(v) && v.String() != "":
		to.Text = secret.New(v.String())
	default:
		r.Fail(name, "is %s; it must be the client's certificate as PEM, or an object with text or file",
			jsoption.Describe(v))
	}
}

var needsCertificate = []authNeed{
	{option: "certificate", what: "the client's certificate, and key its private key"},
	{option: "key", what: "the private key of the certificate"},
}

// checkHTTPS finds an endpoint at which no certificate can be shown.
func (o *options) checkHTTPS(*jsoption.Reader) error {
	for _, at := range []struct{ name, url string }{
		{"issuer", o.Issuer},
		{"tokenUrl", o.TokenURL},
		{"introspectionUrl", o.IntrospectionURL},
		{"revocationUrl", o.RevocationURL},
	} {
		if strings.HasPrefix(strings.ToLower(at.url), "http:") {
			return jsoption.Errorf(at.name,
				"is an http URL; %s needs https, because a certificate is shown in the TLS handshake (RFC 8705 §2)", o.Auth)
		}
	}
	return nil
}

// clientCertificate is the certificate of o with its key; nil where o has none.
func (o *options) clientCertificate() (*oauth.ClientCertificate, error) {
	if !o.byCertificate() {
		return nil, nil //nolint:nilnil // most clients have none
	}
	return oauth.ParseClientCertificate([]byte(o.Certificate.Text.Reveal()), []byte(o.Key.Text.Reveal()))
}

// secrets are the private keys that stand beside the certificate in one text, as they do in many
// files. The certificate itself is for everybody to see.
func (c *certificateOptions) secrets() []string {
	var list []string
	text := oauth.RestorePEM([]byte(c.Text.Reveal()))
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			list = slices.Concat(list, secretsOfKey(string(pem.EncodeToMemory(block))))
		}
	}
	return list
}
