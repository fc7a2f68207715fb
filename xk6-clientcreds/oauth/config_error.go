package oauth

import "fmt"

// Field names the part of a client's configuration that a ConfigError is about. Callers give each field the name that
// their user wrote it by: an option, an environment variable or a flag.
type Field int

// The fields of a configuration.
const (
	FieldIssuer Field = iota
	FieldTokenURL
	FieldIntrospectionURL
	FieldRevocationURL
	FieldKeySetURL
	FieldClientID
	FieldClientSecret
	FieldAuth
	FieldKey
	FieldKeyAlgorithm
	FieldCertificate
	FieldAssertion // one that somebody else has signed
	FieldAssertionAlgorithm
	FieldAssertionLifetime
	FieldAssertionClaims
	FieldAssertionHeader
	FieldDPoPKey
	FieldDPoPAlgorithm
	FieldScope
	FieldResource
	FieldAuthorizationDetails
	FieldSubjectTokenType
	FieldActorToken
	FieldActorTokenType
	FieldRequestedTokenType
	FieldExchangeScope
	FieldExchangeResource
	FieldParams
	FieldHeader

	fieldCount
)

var fieldNames = [fieldCount]string{
	FieldIssuer:               "issuer",
	FieldTokenURL:             "token URL",
	FieldIntrospectionURL:     "introspection URL",
	FieldRevocationURL:        "revocation URL",
	FieldKeySetURL:            "key set URL",
	FieldClientID:             "client ID",
	FieldClientSecret:         "client secret",
	FieldAuth:                 "client authentication",
	FieldKey:                  "key",
	FieldKeyAlgorithm:         "key algorithm",
	FieldCertificate:          "certificate",
	FieldAssertion:            "client assertion",
	FieldAssertionAlgorithm:   "assertion algorithm",
	FieldAssertionLifetime:    "assertion lifetime",
	FieldAssertionClaims:      "assertion claims",
	FieldAssertionHeader:      "assertion header",
	FieldDPoPKey:              "DPoP key",
	FieldDPoPAlgorithm:        "DPoP algorithm",
	FieldScope:                "scope",
	FieldResource:             "resource",
	FieldAuthorizationDetails: "authorization details",
	FieldSubjectTokenType:     "subject token type",
	FieldActorToken:           "actor token",
	FieldActorTokenType:       "actor token type",
	FieldRequestedTokenType:   "requested token type",
	FieldExchangeScope:        "exchange scope",
	FieldExchangeResource:     "exchange resource",
	FieldParams:               "parameters",
	FieldHeader:               "headers",
}

// String is the field's name in this package.
func (f Field) String() string { return fieldNames[f] }

// Fields returns all fields, so that callers can prove that they have a name for each.
func Fields() []Field {
	fields := make([]Field, fieldCount)
	for i := range fields {
		fields[i] = Field(i)
	}
	return fields
}

// ConfigError reports a field of a configuration that cannot be used.
type ConfigError struct {
	Field Field
	// Problem says why, and what to do. It completes a sentence that begins with the name of the field, and does not
	// contain the value of a secret.
	Problem string
}

func (e *ConfigError) Error() string { return e.Field.String() + " " + e.Problem }

func configError(field Field, format string, args ...any) *ConfigError {
	return &ConfigError{field, fmt.Sprintf(format, args...)}
}
