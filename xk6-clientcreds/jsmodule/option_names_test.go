package jsmodule

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// A field without a name, or with the name of no option, would lead people astray.
func TestEveryFieldIsAnOption(t *testing.T) {
	t.Parallel()
	rt := sobek.New()
	r := jsoption.NewReader(rt, rt.NewObject(), filepath.Clean)
	o := defaults()
	o.read(r)
	seen := make(map[string]bool)
	for _, field := range oauth.Fields() {
		name := optionNames[field]
		top, _, _ := strings.Cut(name, ".")
		assert.True(t, slices.Contains(r.Known(), top), "%s: %q is not an option", field, name)
		assert.False(t, seen[name], "%q is the name of two fields", name)
		seen[name] = true
	}
	assert.Len(t, seen, len(optionNames))
}

func TestErrorsOfFieldsNameTheOption(t *testing.T) {
	t.Parallel()
	err := asOptionError(&oauth.ConfigError{Field: oauth.FieldKeyAlgorithm, Problem: `is "x%y"; it must be another`})
	require.EqualError(t, err, `option "key.alg" is "x%y"; it must be another`)
	other := errors.New("nothing about a field")
	assert.Equal(t, other, asOptionError(other))
	assert.NoError(t, asOptionError(nil))
}

// Scripts that are configured by something else, such as the environment, name that.
func TestErrorsOfOptionsHaveTheirName(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.mustRun(`globalThis.optionOf = (f) => { try { f() } catch (e) { return String(e.option) } }`)
	for code, want := range map[string]string{
		`new Client({tokenUrl: 'https://idp.example.com/token', clientId: 'a', clientSecret: 's', cache: {scope: 'x'}})`: "cache.scope",
		`new Client({tokenUrl: '/token', clientId: 'a', clientSecret: 's'})`:                                             "tokenUrl",
		`new ClientPool({tokenUrl: 'https://idp.example.com/token', clients: [], assignment: 'x'})`:                      "assignment",
		`new Client()`: "undefined",
	} {
		assert.Equal(t, want, v.mustRun(`optionOf(() => `+code+`)`), code)
	}
}
