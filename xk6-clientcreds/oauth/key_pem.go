package oauth

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// parsePEM returns the first private key of text. Other blocks may be beside it, such as the
// certificate, or the parameters that openssl ecparam writes.
func parsePEM(text []byte) (any, error) {
	blocks, problem := pemBlocks(text)
	for _, block := range blocks {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return parseBlock(block)
		}
	}
	switch {
	case len(blocks) > 0:
		return nil, configError(FieldKey, "is a PEM block %q; %s", Printable(blocks[len(blocks)-1].Type, maxCode), wantKey)
	case bytes.Contains(text, []byte("4,ENCRYPTED")): // RFC 1421 §4.6.1.1, without its line break
		return nil, encryptedError()
	case problem != "":
		return nil, configError(FieldKey, "%s; %s", problem, wantKey)
	}
	return nil, configError(FieldKey, "contains no PEM block and is not a JWK; %s", wantKey)
}

// parseBlock reads a key by the label of its block (RFC 7468 §10 and §11, RFC 5915 §4). The errors
// of crypto/x509 are not passed on: some quote what they read.
func parseBlock(block *pem.Block) (any, error) {
	var key any
	var err error
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
		return nil, encryptedError()
	case block.Type == "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case block.Type == "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, configError(FieldKey, "is a PEM block %q; %s", Printable(block.Type, maxCode), wantKey)
	}
	if err != nil {
		return nil, configError(FieldKey, "is a PEM block %q that cannot be read as one; %s", block.Type, wantKey)
	}
	return key, nil
}

func encryptedError() error {
	return configError(FieldKey,
		"is encrypted; remove the passphrase, such as with openssl pkey -in key.pem -out plain.pem")
}
