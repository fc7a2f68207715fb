package command

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// The variables that say where the initial access token is, besides initialTokenVariable.
const (
	initialTokenFileVariable   = "INITIAL_ACCESS_TOKEN_FILE"   // #nosec G101 -- the name of a variable
	initialTokenSourceVariable = "INITIAL_ACCESS_TOKEN_SOURCE" // #nosec G101 -- the name of a variable
)

// initialToken holds the flags that reference the initial access token. The token itself has no flag.
type initialToken struct {
	gs   *state.GlobalState
	file string
	set  *pflag.FlagSet
}

func (i *initialToken) declare(set *pflag.FlagSet) {
	i.set = set
	set.StringVar(&i.file, "initial-access-token-file", "",
		"`file` with the initial access token (INITIAL_ACCESS_TOKEN_FILE)")
}

// read returns the token, or "" where none is configured. An error does not contain it.
func (i *initialToken) read() (string, error) {
	name, token, err := i.find()
	if err == nil && token != "" {
		if bad := oauth.CheckSecret(token); bad != nil {
			err = fmt.Errorf("%s: the initial access token %w", name, bad)
		}
	}
	return token, invalid(err)
}

func (i *initialToken) find() (name, token string, err error) {
	const what = "the initial access token"
	if i.set.Changed("initial-access-token-file") {
		return secretOfFile("--initial-access-token-file", i.file, what)
	}
	var given []string
	for _, variable := range []string{initialTokenVariable, initialTokenFileVariable, initialTokenSourceVariable} {
		if i.gs.Env[variable] != "" {
			given = append(given, variable)
		}
	}
	switch {
	case len(given) > 1:
		return "", "", fmt.Errorf("%s and %s are both set; unset one of them", given[0], given[1])
	case len(given) == 0:
		return "", "", nil
	case given[0] == initialTokenFileVariable:
		return secretOfFile(given[0], i.gs.Env[given[0]], what)
	case given[0] == initialTokenSourceVariable:
		token, err = secretOfSource(i.gs, given[0], i.gs.Env[given[0]])
		return given[0], token, err
	}
	return given[0], i.gs.Env[given[0]], nil
}

// registrationAdvice says what to do about a server that refuses to register clients.
func registrationAdvice(failure error, withToken bool) string {
	refusal := (*oauth.Error)(nil)
	if !errors.As(failure, &refusal) {
		return ""
	}
	switch refused := refusal.Status == http.StatusUnauthorized || refusal.Status == http.StatusForbidden; {
	case refused && !withToken:
		return "set INITIAL_ACCESS_TOKEN, or have the server accept registrations without a token; "
	case refusal.Status == http.StatusUnauthorized:
		return "INITIAL_ACCESS_TOKEN is wrong, expired, or used up, get another one from the server; "
	case refused:
		return "check what the server's policy for registrations allows; "
	}
	return ""
}
