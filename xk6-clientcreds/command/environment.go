package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/shell"
)

// initialTokenVariable holds the initial access token, which registers clients (RFC 7591 §1.2).
const initialTokenVariable = "INITIAL_ACCESS_TOKEN"

// examplePath is a path below the API. Any other would do.
const examplePath = "orders"

// variable is an environment variable.
type variable struct{ name, value string }

// scriptEnvironment holds what scripts have to know about a server.
type scriptEnvironment []variable

// newScriptEnvironment describes the server, the client c, the file with all clients, and the initial access token. The
// last two may be empty.
func newScriptEnvironment(
	e authserver.Endpoints, c servedClient, clientsFile string, initialToken secret.Text,
) scriptEnvironment {
	env := scriptEnvironment{
		{"TOKEN_URL", e.Token},
		{"ISSUER", e.Issuer},
		{"API_URL", e.API + examplePath},
	}
	if e.Admin != "" {
		env = append(env, variable{"ADMIN_URL", e.Admin})
	}
	env = append(env,
		variable{"CLIENT_ID", c.ID}, variable{"CLIENT_SECRET", c.Secret.Reveal()}, variable{"SCOPE", c.Scope})
	if clientsFile != "" {
		env = append(env, variable{"CLIENTS_FILE", clientsFile})
	}
	if !initialToken.IsZero() {
		env = append(env, variable{initialTokenVariable, initialToken.Reveal()})
	}
	if c.keyFile != "" {
		env = append(env, variable{"CLIENT_KEY_FILE", c.keyFile})
	}
	if c.certificateFile != "" {
		env = append(env, variable{"CLIENT_CERTIFICATE_FILE", c.certificateFile})
	}
	if e.CAFile != "" {
		env = append(env, variable{"SSL_CERT_FILE", e.CAFile})
	}
	return env
}

// over returns the environment with these variables instead of its own.
func (env scriptEnvironment) over(environment map[string]string) []string {
	ours := make(map[string]bool, len(env))
	list := make([]string, 0, len(environment)+len(env))
	for _, v := range env {
		ours[v.name] = true
		list = append(list, v.name+"="+v.value)
	}
	for name, value := range environment {
		if !ours[name] {
			list = append(list, name+"="+value)
		}
	}
	return list
}

// announce prints the variables for a shell. A secret or token that was given to the server, and not made by it, is not
// printed: terminals are recorded.
func (env scriptEnvironment) announce(w io.Writer, clients []servedClient, madeInitialToken bool) error {
	var b strings.Builder
	b.WriteString("\n# for scripts, in another terminal:\n")
	for _, v := range env {
		if v.name == "CLIENT_SECRET" && !clients[0].generated {
			b.WriteString("# CLIENT_SECRET: the one that this server was given\n")
			continue
		}
		if v.name == initialTokenVariable && !madeInitialToken {
			b.WriteString("# INITIAL_ACCESS_TOKEN: the one that this server was given\n")
			continue
		}
		fmt.Fprintf(&b, "export %s=%s\n", v.name, shell.Quote(v.value))
	}
	for _, c := range clients[1:] {
		if c.generated {
			fmt.Fprintf(&b, "# another client: CLIENT_ID=%s CLIENT_SECRET=%s\n", shell.Quote(c.ID),
				shell.Quote(c.Secret.Reveal()))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// announce prints the addresses of the server.
func announce(w io.Writer, e authserver.Endpoints, format authserver.TokenFormat) error {
	lines := []variable{
		{"issuer", e.Issuer},
		{"token endpoint", e.Token},
		{"metadata", e.Metadata},
		{"introspection", e.Introspection},
		{"revocation", e.Revocation},
		{"protected API", e.API},
		{"counters", e.Stats},
	}
	if e.Admin != "" {
		lines = append(lines, variable{"admin", e.Admin})
	}
	if e.Registration != "" {
		lines = append(lines, variable{"registration", e.Registration})
	}
	if format == authserver.JWT {
		lines = append(lines, variable{"JWK set", e.JWKS})
	}
	if e.CAFile != "" {
		lines = append(lines, variable{"CA certificate", e.CAFile})
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%-16s%s\n", l.name, l.value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
