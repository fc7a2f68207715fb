package jsmodule

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// The options of a pool that the code reads and the options in index.d.ts are the same, with the same defaults and the
// same vocabularies.
func TestPoolOptionsAreDocumented(t *testing.T) {
	t.Parallel()
	documented := make(map[string]documentedOption)
	addOptionsOfType(t, documented, "ClientPoolOptions extends Omit<ClientOptions, 'clientId'>", "")
	addOptionsOfType(t, documented, "ClientsFile", "clients.")
	file := documented["clients.file"]
	file.def = "" // required only where clients are a file
	documented["clients.file"] = file

	v := newVU(t, New())
	rt := v.rt.VU.Runtime()
	read := func(code string) (*poolOptions, *jsoption.Reader) {
		object, err := rt.RunString(`({` + code + `})`)
		require.NoError(t, err)
		r := jsoption.NewReader(rt, object.ToObject(rt), filepath.Clean)
		o := poolDefaults()
		o.read(r)
		return &o, r
	}
	base, r := read(`clients: {file: 'x'}`)
	assert.ElementsMatch(t, r.Options(), slices.Collect(maps.Keys(documented)), "the code and its documentation")
	for name, o := range documented {
		if o.def != "" && o.def != "required" {
			got, r := read(`clients: {file: 'x'}, ` + name + `: ` + o.def)
			require.NoError(t, r.Finish())
			assert.Equal(t, base, got, "the default of %s is not %s", name, o.def)
		}
		if o.choices == "" {
			continue
		}
		_, r := read(name + `: 'no such word'`)
		require.Error(t, r.Finish(), name)
		_, allowed, _ := strings.Cut(r.Finish().Error(), "it must be one of ")
		assert.Equal(t, o.choices, choices(strings.ReplaceAll(allowed, `"`, "'")), name)
	}
}
