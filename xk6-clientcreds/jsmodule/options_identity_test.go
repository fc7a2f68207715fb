package jsmodule

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

var secretType = reflect.TypeFor[secret.Text]()

// Two clients that differ in any option are two clients: neither has the tokens, the endpoints or the
// retries of the other.
func TestEveryOptionIsPartOfTheIdentity(t *testing.T) {
	t.Parallel()
	full := func() *options {
		o := defaults()
		o.Exchange = &exchangeOptions{}
		return &o
	}
	base := full()
	keys := map[string]string{base.key(): "unchanged"}
	for _, path := range leavesOf(reflect.TypeFor[options](), "") {
		o := full()
		change(t, reflect.ValueOf(o).Elem(), path)
		key := o.key()
		assert.Empty(t, keys[key], "%s makes no difference", path)
		keys[key] = path
	}
	assert.Greater(t, len(keys), 60, "all fields were tried")

	without := full()
	without.Exchange = nil
	assert.Empty(t, keys[without.key()], "exchange itself")
}

// A secret, a key or a certificate that is somewhere is known by that place: what is there may be replaced.
func TestWhatIsReadSomewhereIsKnownByItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		place func(*options)
		text  func(*options)
	}{
		"clientSecret": {func(o *options) { o.SecretFrom.Env = "x" }, func(o *options) { o.ClientSecret = secret.New("changed") }},
		"key":          {func(o *options) { o.Key.From.File = "x" }, func(o *options) { o.Key.Text = secret.New("changed") }},
		"certificate":  {func(o *options) { o.Certificate.File = "x" }, func(o *options) { o.Certificate.Text = secret.New("changed") }},
		"dpop.key":     {func(o *options) { o.DPoP.From.Secret = "x" }, func(o *options) { o.DPoP.Text = secret.New("changed") }},
	} {
		before := defaults()
		c.place(&before)
		after := before
		c.text(&after)
		assert.Equal(t, before.key(), after.key(), name)
	}
}

// Two clients with the same texts at different places are two clients.
func TestPartsOfTheIdentityDoNotRunIntoEachOther(t *testing.T) {
	t.Parallel()
	keys := make(map[string]int)
	for i, change := range []func(*options){
		func(o *options) { o.Issuer = "ab" },
		func(o *options) { o.TokenURL = "ab" },
		func(o *options) { o.Issuer, o.TokenURL = "a", "b" },
		func(o *options) { o.ClientSecret = secret.New("ab") },
		func(o *options) { o.SecretFrom.Env = "ab" },
		func(o *options) { o.Key.Text = secret.New("ab") },
		func(o *options) { o.Scope = []string{"ab"} },
		func(o *options) { o.Scope = []string{"a", "b"} },
		func(o *options) { o.Scope, o.Audience = []string{"a"}, []string{"b"} },
		func(o *options) { o.Audience = []string{"a", "b"} },
		func(o *options) { o.Exchange = &exchangeOptions{Audience: []string{"a", "b"}} },
		func(o *options) { o.Params = map[string][]string{} },
		func(o *options) { o.Params = map[string][]string{"a": {"b"}} },
		func(o *options) { o.Params = map[string][]string{"a": nil, "b": nil} },
		func(o *options) { o.Headers = map[string]string{"a": "b"} },
		func(o *options) { o.Tags = map[string]string{"a": "b"} },
		func(o *options) { o.Tags = map[string]string{"ab": ""} },
	} {
		o := defaults()
		change(&o)
		before, known := keys[o.key()]
		assert.False(t, known, "%d and %d", before, i)
		keys[o.key()] = i
	}

	o := defaults()
	o.Tags = map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6", "g": "7", "h": "8", "i": "9"}
	key := o.key()
	for range 10 {
		assert.Equal(t, key, o.key(), "the order of a map makes no difference")
	}
}

// leavesOf returns the exported fields of a struct and of structs in it, each by its path of names.
func leavesOf(of reflect.Type, prefix string) (paths []string) {
	for i := range of.NumField() {
		field := of.Field(i)
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case !field.IsExported(): // made of the others
		case inner.Kind() == reflect.Struct && inner != secretType:
			paths = append(paths, leavesOf(inner, prefix+field.Name+".")...)
		default:
			paths = append(paths, prefix+field.Name)
		}
	}
	return paths
}

// change gives the field at a path another value than it has.
func change(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	for name := range strings.SplitSeq(path, ".") {
		v = reflect.Indirect(v).FieldByName(name)
	}
	if v.Type() == secretType {
		v.Set(reflect.ValueOf(secret.New("changed")))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "changed")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Slice:
		v.Set(reflect.ValueOf([]string{"changed"}))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("changed"), reflect.Zero(v.Type().Elem()))
	default:
		require.Fail(t, "a kind of option that this test does not know", "%s is a %s", path, v.Kind())
	}
}
