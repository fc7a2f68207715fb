package jsmodule

import (
	"errors"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// optionNames are the options by which scripts configure the fields that package oauth knows.
var optionNames = map[oauth.Field]string{
	oauth.FieldIssuer:               "issuer",
	oauth.FieldTokenURL:             "tokenUrl",
	oauth.FieldIntrospectionURL:     "introspectionUrl",
	oauth.FieldRevocationURL:        "revocationUrl",
	oauth.FieldKeySetURL:            "jwksUrl",
	oauth.FieldClientID:             "clientId",
	oauth.FieldClientSecret:         "clientSecret",
	oauth.FieldAuth:                 "auth",
	oauth.FieldKey:                  "key",
	oauth.FieldKeyAlgorithm:         "key.alg",
	oauth.FieldCertificate:          "certificate",
	oauth.FieldAssertion:            "assertion",
	oauth.FieldAssertionAlgorithm:   "assertion.alg",
	oauth.FieldAssertionLifetime:    "assertion.lifetime",
	oauth.FieldAssertionClaims:      "assertion.claims",
	oauth.FieldAssertionHeader:      "assertion.header",
	oauth.FieldDPoPKey:              "dpop.key",
	oauth.FieldDPoPAlgorithm:        "dpop.alg",
	oauth.FieldScope:                "scope",
	oauth.FieldResource:             "resource",
	oauth.FieldAuthorizationDetails: "authorizationDetails",
	oauth.FieldSubjectTokenType:     "exchange.subjectTokenType",
	oauth.FieldActorToken:           "exchange.actorToken",
	oauth.FieldActorTokenType:       "exchange.actorTokenType",
	oauth.FieldRequestedTokenType:   "exchange.requestedTokenType",
	oauth.FieldExchangeScope:        "exchange.scope",
	oauth.FieldExchangeResource:     "exchange.resource",
	oauth.FieldParams:               "params",
	oauth.FieldHeader:               "headers",
}

// asOptionError returns err, about the option instead of the field where it is about a field of package oauth.
func asOptionError(err error) error {
	wrong := new(oauth.ConfigError)
	if !errors.As(err, &wrong) {
		return err
	}
	return jsoption.Errorf(optionNames[wrong.Field], "%s", wrong.Problem)
}
