package command

import (
	"path/filepath"
	"strings"
)

// addClientCertificate registers the certificate of --client-certificate with
// the first client. Other CAs than the CA of --tls-dir are not known to the server:
// their certificates are registered themselves, as self-signed ones.
func (s *serve) addClientCertificate(clients []servedClient) error {
	const flag = "--client-certificate"
	switch {
	case s.flags.clientCertificate == "":
		return nil
	case s.flags.cfg.TLSDir == "":
		return invalidf("%s needs --tls-dir, because a certificate is shown in the TLS handshake; add it", flag)
	case s.flags.clientKey != "":
		return invalidf("%s and --client-key contradict each other: the certificate has a key of its own, which is for "+
			"private_key_jwt as well", flag)
	}
	path, err := filepath.Abs(s.flags.clientCertificate)
	if err != nil {
		return invalidf("%s: %w", flag, err)
	}
	key := keyFileOf(path)
	registered, err := clients[0].WithCertificate(s.flags.cfg.TLSDir, path, key)
	if err != nil {
		return invalidf("%s: %w", flag, err)
	}
	clients[0].Client, clients[0].certificateFile, clients[0].keyFile = registered, path, key
	return nil
}

// keyFileOf returns the file of a certificate's private key: beside it, like the files of
// the TLS folder are.
func keyFileOf(certificate string) string {
	extension := filepath.Ext(certificate)
	return strings.TrimSuffix(certificate, extension) + "-key" + extension
}
