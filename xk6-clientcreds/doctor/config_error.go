package doctor

import (
	"errors"
	"fmt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// ConfigError reports a part of a Config that cannot be used.
type ConfigError struct {
	// Variable is the environment variable that scripts configure the part by, or its flag where it has no variable.
	Variable string
	// Problem says why, and what to do. It completes a sentence that begins with the name of the variable.
	Problem string
}

func (e *ConfigError) Error() string { return e.Variable + " " + e.Problem }

func configError(variable, format string, args ...any) error {
	return &ConfigError{variable, fmt.Sprintf(format, args...)}
}

// variables are the environment variables by which the fields that package oauth knows are configured. A field that is
// not here is not part of a Config.
var variables = map[oauth.Field]string{
	oauth.FieldIssuer:           "ISSUER",
	oauth.FieldTokenURL:         "TOKEN_URL",
	oauth.FieldIntrospectionURL: "INTROSPECTION_URL",
	oauth.FieldClientID:         "CLIENT_ID",
	oauth.FieldClientSecret:     "CLIENT_SECRET",
	oauth.FieldAuth:             "AUTH",
	oauth.FieldKey:              "CLIENT_KEY_FILE",
	oauth.FieldKeyAlgorithm:     "KEY_ALG",
	oauth.FieldCertificate:      "CLIENT_CERTIFICATE_FILE",
	oauth.FieldScope:            "SCOPE",
	oauth.FieldResource:         "RESOURCE",
}

// AsConfigError returns err as a *ConfigError where it is about a field of package oauth, else as it is.
func AsConfigError(err error) error {
	wrong := new(oauth.ConfigError)
	if !errors.As(err, &wrong) {
		return err
	}
	name, known := variables[wrong.Field]
	if !known {
		name = "the " + wrong.Field.String()
	}
	return &ConfigError{name, wrong.Problem}
}
