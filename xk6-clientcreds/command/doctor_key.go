package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// signingKey is the key of private_key_jwt, as the scripts configure it. No text of it is in an error, and
// neither is the path: who mistakes the one for the other gives the key.
type signingKey struct {
	file, algorithm, id string
}

func (k *signingKey) parse() (*oauth.SigningKey, error) {
	text, err := oauth.ReadSecretFile(k.file)
	if err != nil {
		return nil, fmt.Errorf("CLIENT_KEY_FILE %w; it must be the path of the client's private key, PEM or JWK", err)
	}
	key, err := oauth.ParseSigningKey(text, k.algorithm, k.id)
	if err != nil {
		return nil, errors.New(optionNames.Replace(err.Error()))
	}
	return key, nil
}

// certificate reads the client's certificate in file, to which k is the key.
func (k *signingKey) certificate(file string) (*oauth.ClientCertificate, error) {
	chain, err := oauth.ReadSecretFile(file)
	if err != nil {
		return nil, fmt.Errorf("CLIENT_CERTIFICATE_FILE %w; it must be the path of the client's certificate, PEM", err)
	}
	if k.file == "" {
		return nil, errors.New("CLIENT_KEY_FILE is not set: give the file of the certificate's private key, PEM or JWK")
	}
	key, err := oauth.ReadSecretFile(k.file)
	if err != nil {
		return nil, fmt.Errorf("CLIENT_KEY_FILE %w; it must be the path of the certificate's private key, PEM or JWK", err)
	}
	certificate, err := oauth.ParseClientCertificate(chain, key)
	if err != nil {
		return nil, errors.New(optionNames.Replace(err.Error()))
	}
	return certificate, nil
}

// optionNames turns the names of the JavaScript API into those of the environment.
var optionNames = strings.NewReplacer(`option "key.alg"`, "KEY_ALG", `option "key"`, "CLIENT_KEY_FILE",
	`option "certificate"`, "CLIENT_CERTIFICATE_FILE",
	`clientSecret with auth: "client_secret_jwt"`, "CLIENT_SECRET with AUTH=client_secret_jwt")
