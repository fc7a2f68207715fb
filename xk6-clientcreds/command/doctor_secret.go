package command

import (
	"errors"
	"fmt"
	"strings"

	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/secretsource"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The variables that say what the client's secret is, or where.
const (
	secretVariable = "CLIENT_SECRET"
	fileVariable   = "CLIENT_SECRET_FILE"
	sourceVariable = "CLIENT_SECRET_SOURCE"
)

// secretRef holds the flags that reference the client's secret. The secret itself has no flag.
type secretRef struct {
	file   string // that holds it
	env    string // name of the variable with it
	source string // name of the secret in k6's secret sources
}

// configureSecret finds the client's secret. Without one doctor.Run says what is missing. The error contains neither
// the secret nor the path: users sometimes pass the secret where the path belongs.
func (d *doctorCommand) configureSecret() error {
	name, text, err := d.secret()
	if err != nil {
		return err
	}
	if err := oauth.CheckSecret(text); err != nil {
		return fmt.Errorf("%s: the secret %w", name, err)
	}
	d.cfg.ClientSecret, d.secretOrigin = secret.New(text), name
	return nil
}

// secret returns the secret, and what it was configured by: a flag replaces all variables.
func (d *doctorCommand) secret() (name, secret string, err error) {
	const byFile, byEnv, bySource = "client-secret-file", "client-secret-env", "client-secret-source"
	var flags []string
	for _, flag := range []string{byFile, byEnv, bySource} {
		if d.set.Changed(flag) {
			flags = append(flags, flag)
		}
	}
	switch {
	case len(flags) > 1:
		return "", "", fmt.Errorf("--%s and --%s are both set; set one of them", flags[0], flags[1])
	case len(flags) == 0:
		return d.secretOfVariables()
	case flags[0] == byFile:
		return secretOfFile("--"+byFile, d.secretRef.file, "the client's secret")
	case flags[0] == bySource:
		secret, err = secretOfSource(d.gs, "--"+bySource, d.secretRef.source)
		return "--" + bySource, secret, err
	default:
		value := d.gs.Env[d.secretRef.env]
		if value == "" {
			return "", "", errors.New("--client-secret-env must name an environment variable that is set, and holds the secret")
		}
		return "--" + byEnv, value, nil
	}
}

// secretOfVariables returns the secret that the environment has, or references.
func (d *doctorCommand) secretOfVariables() (name, secret string, err error) {
	var given []string
	for _, variable := range []string{secretVariable, fileVariable, sourceVariable} {
		if d.gs.Env[variable] != "" {
			given = append(given, variable)
		}
	}
	switch {
	case len(given) > 1:
		return "", "", fmt.Errorf("%s and %s are both set; unset one of them", given[0], given[1])
	case len(given) == 0:
		return secretVariable, "", nil
	case given[0] == fileVariable:
		return secretOfFile(fileVariable, d.gs.Env[fileVariable], "the client's secret")
	case given[0] == sourceVariable:
		secret, err := secretOfSource(d.gs, sourceVariable, d.gs.Env[sourceVariable])
		return sourceVariable, secret, err
	}
	return secretVariable, d.gs.Env[secretVariable], nil
}

// secretOfFile reads a secret from the file that the flag or variable of that name has. what says which secret.
func secretOfFile(name, path, what string) (string, string, error) {
	text, err := oauth.ReadSecretFile(path)
	if err != nil {
		return "", "", fmt.Errorf("%s %w; it must be the path of a file with %s", name, err, what)
	}
	return name, oauth.TrimSecretFile(string(text)), nil
}

// secretOfSource asks k6's secret sources, by the secret's name or by source:name. setting names the flag or variable.
func secretOfSource(gs *state.GlobalState, setting, ref string) (string, error) {
	source, key, named := strings.Cut(ref, ":")
	if !named {
		source, key = secretsource.DefaultSourceName, ref
	}
	if gs.SecretsManager == nil {
		return "", fmt.Errorf("%s needs --secret-source, such as --secret-source=file=secrets.txt", setting)
	}
	secret, err := gs.SecretsManager.Get(source, key)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read, %w; it must be the name of a secret, or source:name, in what "+
			"--secret-source=file=secrets.txt configures",
			setting, err)
	}
	if secret == "" {
		return "", fmt.Errorf("%s names a secret that is empty; it must have a value", setting)
	}
	return secret, nil
}
