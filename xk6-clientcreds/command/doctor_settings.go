package command

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
)

// setting is one setting of doctor: a flag, and the environment variable of the scripts that the flag overrides.
type setting struct {
	flag     string
	variable string // "" for a setting that is not read from the environment in the same way
	usage    string
	value    any // a pointer, or a pflag.Value
}

// settings are all of them, in the order of the help. Another setting is another row.
func (d *doctorCommand) settings() []setting {
	return []setting{
		{"issuer", "ISSUER", "issuer `identifier`, to discover the token endpoint (ISSUER)", &d.cfg.Issuer},
		{"token-url", "TOKEN_URL", "`URL` of the token endpoint (TOKEN_URL)", &d.cfg.TokenURL},
		{"client-id", "CLIENT_ID", "`id` of the client (CLIENT_ID)", &d.cfg.ClientID},
		{"client-secret-file", "", "`file` with the client's secret (CLIENT_SECRET_FILE)", &d.secretRef.file},
		{
			"client-secret-env", "", "`name` of the environment variable with the client's secret, CLIENT_SECRET by default",
			&d.secretRef.env,
		},
		{
			"client-secret-source", "", "`name` of the client's secret in what --secret-source configures, or source:name " +
				"(CLIENT_SECRET_SOURCE)",
			&d.secretRef.source,
		},
		{"scope", "SCOPE", "space-separated `scope` to request (SCOPE)", &d.scope},
		{"audience", "AUDIENCE", "`audience` to request (AUDIENCE; can be repeated)", &d.cfg.Audience},
		{"resource", "RESOURCE", "`URI` of a resource to request (RESOURCE; can be repeated)", &d.cfg.Resource},
		{"auth", "AUTH", "authentication `method`: " + oneOf("auth") + " (AUTH)", &d.cfg.Auth},
		{
			"basic-encoding", "BASIC_ENCODING", "`encoding` of client_secret_basic: " + oneOf("basic-encoding") + " (BASIC_ENCODING)",
			&d.cfg.BasicEncoding,
		},
		{
			"client-key-file", "CLIENT_KEY_FILE",
			"`file` with the private key of private_key_jwt or of the certificate, PEM or JWK (CLIENT_KEY_FILE)", &d.key.file,
		},
		{
			"client-certificate-file", "CLIENT_CERTIFICATE_FILE",
			"`file` with the certificate of tls_client_auth and self_signed_tls_client_auth, or of the key of private_key_jwt, " +
				"PEM (CLIENT_CERTIFICATE_FILE)", &d.certificateFile,
		},
		{"key-alg", "KEY_ALG", "`algorithm` that the key signs with, if several are possible (KEY_ALG)", &d.key.algorithm},
		{"key-id", "KEY_ID", "`kid` of the key at the server (KEY_ID)", &d.key.id},
		{
			"assertion-audience", "ASSERTION_AUDIENCE",
			"`audience` (aud) of assertions; the issuer by default, or the token endpoint without an issuer " +
				"(ASSERTION_AUDIENCE)",
			&d.cfg.AssertionAudience,
		},
		{
			"introspection-url", "INTROSPECTION_URL", "`URL` of the introspection endpoint (INTROSPECTION_URL)",
			&d.cfg.IntrospectionURL,
		},
		{"dpop", "DPOP", "request tokens that are bound to a key (DPOP=true)", &d.cfg.DPoP},
		{"api-url", "API_URL", "`URL` of a protected resource to GET (API_URL)", &d.cfg.APIURL},
		{"vus", "VUS", "`number` of virtual users that the advice is for (VUS)", &d.cfg.VUs},
		{
			"all-methods", "", "also try the authentication methods that are not configured; each is a login that may fail",
			&d.cfg.AllMethods,
		},
		{"grants", "", fmt.Sprintf("`number` of tokens to request, 1 to %d", doctor.MaxGrants), &d.cfg.Grants},
		{"timeout", "", "time limit for all checks", &d.timeout},
		{
			"write", "",
			"also write the advice to a `file`, without the secret: a script (.js), or else the environment (can be repeated)",
			&d.write,
		},
	}
}

// declare declares the flags.
func (d *doctorCommand) declare(set *pflag.FlagSet) {
	d.set = set
	set.SortFlags = false
	for _, s := range d.settings() {
		switch value := s.value.(type) {
		case *string:
			set.StringVar(value, s.flag, *value, s.usage)
		case *[]string:
			set.StringArrayVar(value, s.flag, *value, s.usage)
		case *bool:
			set.BoolVar(value, s.flag, *value, s.usage)
		case *int:
			set.IntVar(value, s.flag, *value, s.usage)
		case pflag.Value:
			set.Var(value, s.flag, s.usage)
		}
	}
	d.result.declare(set)
	group(set, "Server", "issuer", "token-url", "introspection-url", "api-url")
	group(set, "Client", "client-id", "client-secret-file", "client-secret-env", "client-secret-source", "auth",
		"basic-encoding", "client-key-file", "client-certificate-file", "key-alg", "key-id", "assertion-audience")
	group(set, "Token", "scope", "audience", "resource", "dpop")
	group(set, "Checks", "vus", "all-methods", "grants", "timeout")
	group(set, "Results", "json", "output", "write", "force")
}

// fromEnvironment sets the value to the text of the variable, if there is one.
func (s setting) fromEnvironment(text string) (err error) {
	if text == "" {
		return nil
	}
	switch value := s.value.(type) {
	case *string:
		*value = text
	case *[]string:
		*value = []string{text}
	case *bool:
		if text != "true" && text != "false" {
			return &doctor.ConfigError{Variable: s.variable, Problem: fmt.Sprintf("is %q; it must be true or false", text)}
		}
		*value = text == "true"
	case *int:
		if *value, err = strconv.Atoi(text); err != nil {
			return &doctor.ConfigError{
				Variable: s.variable,
				Problem:  fmt.Sprintf("is %q; it must be a whole number, 1 or more", text),
			}
		}
	}
	return nil
}
