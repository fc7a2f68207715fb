package jsmodule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every method is its row: the options that it lists are needed, those that it does not list are errors, and the built
// authentication has its registered name.
func TestAuthMethodsAreTheirRows(t *testing.T) {
	t.Parallel()
	key, certificate := "globalThis.key", "globalThis.certificate"
	values := map[string]string{
		"clientSecret": `clientSecret: 'a secret that is long enough for HS256'`, "basicEncoding": `basicEncoding: 'form'`,
		"key":     "key: " + key,
		"key.kid": "key: {text: " + key + ", kid: 'k'}", "key.alg": "key: {text: " + key + ", alg: 'ES256'}",
		"certificate": "certificate: " + certificate, "assertion": "assertion: {}",
		"assertion.alg":  "assertion: {alg: 'HS256'}",
		"assertion.file": "assertion: {file: 'f'}", "assertion.env": "assertion: {env: 'E'}",
	}
	require.Len(t, values, len(authOptions))
	v := newVU(t, New())
	v.mustRun(`globalThis.key = 'k'; globalThis.certificate = 'c'; globalThis.ok = {tokenUrl: 'https://idp.example.com/token', clientId: 'me'}`)
	parse := func(options ...string) error {
		value, err := v.rt.VU.Runtime().RunString(`({...ok, ` + strings.Join(options, ", ") + `})`)
		require.NoError(t, err)
		_, err = parseOptions(v.rt.VU.Runtime(), value, func(path string) string { return path })
		return err
	}
	for _, m := range authMethods {
		given := []string{fmt.Sprintf("auth: '%s'", m.name)}
		for _, need := range m.needs {
			require.ErrorContains(t, parse(given...), fmt.Sprintf(`option %q is missing; %s needs `, need.option, m.name))
			given = append(given, values[need.option])
		}
		require.NoError(t, parse(given...), m.name)
		for _, option := range authOptions {
			err := parse(append(given, values[option])...)
			if m.takes(option) {
				if err != nil { // what is ready-made contradicts the key
					assert.Contains(t, err.Error(), "ready-made", "%s with %s", m.name, option)
				}
				continue
			}
			assert.ErrorContains(t, err, "applies to auth: ", "%s with %s", m.name, option)
			assert.ErrorContains(t, err, fmt.Sprintf("but auth is %q", m.name))
		}
		assert.NotEmpty(t, m.hint, m.name)
		assert.NotNil(t, m.build, m.name)
	}
}
