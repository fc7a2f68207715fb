package jsmodule

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTokenErrorIsAClass(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_scope", "") }
	v := oneVU(t, e, "")
	before := v.rt.VU.Runtime().Get("TokenError")
	v.mustRun(`try { client.token() } catch (e) { globalThis.thrown = e }
		(async () => { try { await client.tokenAsync() } catch (e) { globalThis.rejection = e } })()`)
	v.importMember("TokenError") // k6 looks it up at every access
	assert.Same(t, before, v.rt.VU.Runtime().Get("TokenError"))
	assert.Equal(t, []any{true, true, true, true, "TokenError", "function", false}, v.mustRun(`[
		thrown instanceof TokenError, thrown instanceof Error, rejection instanceof TokenError,
		thrown.constructor === TokenError,
		TokenError.name, typeof TokenError, new Error('x') instanceof TokenError]`))
}

func TestExportsAreMadeWhenAskedFor(t *testing.T) {
	t.Parallel()
	v := newBareVU(t)
	v.module = New().NewModuleInstance(v.rt.VU).(*instance)
	assert.Nil(t, v.module.errors)
	v.importMember("TokenError")
	assert.NotNil(t, v.module.errors)
	assert.Nil(t, v.module.exports.Get("unknown"))
	assert.Equal(t, exportNames[:], v.module.exports.GetOwnPropertyNames())
	for _, name := range exportNames {
		v.importMember(name)
		assert.Equal(t, name, v.mustRun(name+".name"))
	}
}
