package jsmodule

import (
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
)

func TestKindsOfFailures(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`TokenError: invalid_client (HTTP 401): bad secret (client "demo" at http://idp/token); check` +
			"\n\tat x": "TokenError: invalid_client (HTTP 401) at http://idp/token",
		`Uncaught (in promise) TokenError: timeout (client "a\"b (c)" at issuer https://idp); slow`:         "TokenError: timeout at issuer https://idp",
		`TokenError: invalid_scope (HTTP 400) (client "other" at http://idp/token); no token was requested`: "TokenError: invalid_scope (HTTP 400) at http://idp/token",
		"TokenError: dns":                      "TokenError: dns",
		`Error: TokenError: invalid_client`:    "",
		`the script says TokenError: whatever`: "",
		`TypeError: x`:                         "",
	} {
		assert.Equal(t, want, logKind(&logrus.Entry{Message: text, Data: logrus.Fields{"executor": "constant-vus"}}), text)
		assert.Empty(t, logKind(&logrus.Entry{Message: text, Data: logrus.Fields{"source": "console"}}), text)
	}
}

// The log recognizes a TokenError by its text.
func TestTextOfATokenErrorHasAKind(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.Close()
	v := oneVU(t, e, "")
	_, err := v.run(`client.token()`)
	kind := "TokenError: connection_refused at " + e.URL + "/token"
	assert.Equal(t, kind, logKind(&logrus.Entry{Message: err.Error(), Data: logrus.Fields{"executor": "constant-vus"}}))
}

func TestRepeatedTokenErrorsAreCountedInTheLog(t *testing.T) {
	t.Parallel()
	v := oneVU(t, newEndpoint(t), "")
	for range 10 {
		v.state.Logger.WithField("executor",
			"constant-vus").Error(`TokenError: timeout (client "demo" at http://idp/token); slow`)
		v.state.Logger.WithField("executor", "constant-vus").Error("Error: of the script")
	}
	v.module.process.end()
	messages := v.messages()
	assert.Len(t, messages, 3+10+1)
	assert.Equal(t, "… and 7 more: TokenError: timeout at http://idp/token", messages[len(messages)-1])
}
