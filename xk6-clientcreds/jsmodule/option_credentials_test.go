package jsmodule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/secretsource"
)

// A newline at the end of a credential is left by echo and by files of variables. No server has
// issued it, and what a server would say of it helps nobody.
func TestCredentialsWithWhatNoServerIssues(t *testing.T) {
	t.Parallel()
	const line = `has a line break or another control character in it; it must be text in one line`
	for _, broken := range []struct{ text, message string }{
		{"s3cr3t\n", line},
		{"s3cr3t\r", line},
		{"s3cr3t\r\n", line},
		{"\ts3cr3t", line},
		{"s3\x00cr3t", line},
		{"s3cr3t\u200b", `has the invisible character U+200B in it; it must be text without one`},
		{"\ufeffs3cr3t", `begins with a byte order mark; it must be text without one`},
	} {
		w := newWallet(t)
		w.env["BROKEN"] = broken.text
		w.sources = map[string]secretsource.Source{"default": &vault{"broken": broken.text}}
		v := w.vu(New())
		v.mustRun(fmt.Sprintf(`globalThis.broken = %q; globalThis.key = %s`, broken.text, "`"+testJWK+"`"))
		for options, option := range map[string]string{
			`clientSecret: 'abcd', clientId: broken`:                                         "clientId",
			`clientSecret: broken`:                                                           "clientSecret",
			`clientSecret: broken, auth: 'client_secret_post'`:                               "clientSecret",
			`clientSecret: broken.repeat(10), auth: 'client_secret_jwt'`:                     "clientSecret",
			`clientSecret: 'abcd', exchange: {subjectToken: broken}`:                         "exchange.subjectToken",
			`clientSecret: 'abcd', exchange: {actorToken: broken}`:                           "exchange.actorToken",
			`auth: 'private_key_jwt', key: {text: key, kid: broken}`:                         "key.kid",
			`auth: 'tls_client_auth', certificate: 'x', key: {text: key}, clientId: broken`:  "clientId",
			`auth: 'private_key_jwt', key: key, clientId: broken, tokenUrl: 'https://a/b/c'`: "clientId",
		} {
			err := v.client(newEndpoint(t), options)
			require.ErrorContains(t, err, fmt.Sprintf("TypeError: k6/x/clientcreds: option %q %s", option, broken.message),
				options)
			assert.NotContains(t, err.Error(), "s3cr3t")
		}
		for options, option := range map[string]string{
			`clientSecret: {env: 'BROKEN'}`:    "clientSecret.env",
			`clientSecret: {secret: 'broken'}`: "clientSecret.secret",
		} {
			err := v.client(newEndpoint(t), options)
			require.ErrorContains(t, err, fmt.Sprintf("TypeError: k6/x/clientcreds: option %q leads to a secret that %s", option,
				broken.message), options)
			assert.NotContains(t, err.Error(), "s3cr3t")
		}
		for name, clients := range map[string]string{
			"clients[1]": fmt.Sprintf(`[{clientId: 'a', clientSecret: 'abcd'}, {clientId: 'b', clientSecret: %q}]`,
				broken.text),
			"c.json, client 2": fileOption(fileWith(t, "c.json",
				fmt.Sprintf(`[{"clientId":"a","clientSecret":"abcd"},{"clientId":"b","clientSecret":%s}]`,
					v.mustRun(`JSON.stringify(broken)`)))),
		} {
			_, err := v.run(newEndpoint(t).pool(clients, ""))
			require.ErrorContains(t, err, "TypeError: k6/x/clientcreds: "+name+`: option "clientSecret" `+broken.message)
			assert.NotContains(t, err.Error(), "s3cr3t")
		}
		assert.Empty(t, v.module.clients)
	}
}

// A blank around a credential is allowed, so it is sent; but it is hardly ever meant.
func TestBlanksAroundCredentialsAreWarnedOf(t *testing.T) {
	t.Parallel()
	warningOf := func(id, option string) string {
		return fmt.Sprintf("Client %q: option %q begins or ends with a blank, which is sent as a part of it; remove the "+
			"blank if it does not belong to it", id, option)
	}
	w := newWallet(t)
	w.env["BLANK"] = "s3cr3t "
	w.write("blank", "\u00a0s3cr3t\n")
	for options, want := range map[string][]string{
		`clientSecret: ' s3cr3t'`:           {warningOf("orders", "clientSecret")},
		`clientSecret: {env: 'BLANK'}`:      {warningOf("orders", "clientSecret")},
		`clientSecret: {file: 'blank'}`:     {warningOf("orders", "clientSecret")},
		`clientSecret: 's3 cr3t'`:           nil,
		`clientSecret: 'x', clientId: 'a '`: {warningOf("a ", "clientId")},
		`auth: 'private_key_jwt', key: {text: ` + "`" + testJWK + "`" + `, kid: ' a'}`: {warningOf("orders", "key.kid")},
	} {
		v := w.vu(New())
		e := newEndpoint(t)
		require.NoError(t, v.client(e, options), options)
		require.NoError(t, v.client(e, options), options)
		assert.Equal(t, want, v.messages(), options)
		assert.NotContains(t, strings.Join(v.messages(), ""), "s3cr3t")
	}
}
