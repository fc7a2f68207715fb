package command

import (
	"fmt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// signingKey is the key of private_key_jwt, as the scripts configure it. No text of it is in an error, and
// neither is the path: users sometimes pass the key where the path belongs.
type signingKey struct {
	file, algorithm, id string
}

func (k *signingKey) parse() (*oauth.SigningKey, error) {
	text, err := oauth.ReadSecretFile(k.file)
	if err != nil {
		return nil, fileError("CLIENT_KEY_FILE", "%s; it must be the path of the client's private key, PEM or JWK", err)
	}
	key, err := oauth.ParseSigningKey(text, k.algorithm, k.id)
	if err != nil {
		return nil, doctor.AsConfigError(err)
	}
	return key, nil
}

// certificate reads the client's certificate in file, to which k is the key.
func (k *signingKey) certificate(file string) (*oauth.ClientCertificate, error) {
	chain, err := oauth.ReadSecretFile(file)
	if err != nil {
		return nil, fileError("CLIENT_CERTIFICATE_FILE", "%s; it must be the path of the client's certificate, PEM", err)
	}
	if k.file == "" {
		return nil, fileError("CLIENT_KEY_FILE",
			"is not set; set it to the file of the certificate's private key, PEM or JWK")
	}
	key, err := oauth.ReadSecretFile(k.file)
	if err != nil {
		return nil, fileError("CLIENT_KEY_FILE", "%s; it must be the path of the certificate's private key, PEM or JWK", err)
	}
	certificate, err := oauth.ParseClientCertificate(chain, key)
	if err != nil {
		return nil, doctor.AsConfigError(err)
	}
	return certificate, nil
}

func fileError(variable, format string, args ...any) error {
	return &doctor.ConfigError{Variable: variable, Problem: fmt.Sprintf(format, args...)}
}
