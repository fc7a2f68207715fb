package jsoption_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// values are options of every kind.
type values struct {
	text, file, choice   string
	texts, list          []string
	on                   bool
	count                int
	number               float64
	wait                 time.Duration
	headers              map[string]string
	params               map[string][]string
	tags                 map[string]string
	object, array, inner string
}

func read(t *testing.T, code string) (*values, *jsoption.Reader) {
	t.Helper()
	rt := sobek.New()
	object, err := rt.RunString("(" + code + ")")
	require.NoError(t, err, code)
	r := jsoption.NewReader(rt, object.ToObject(rt), func(path string) string { return filepath.Join("/scripts", path) })
	v := new(values)
	r.Text("text", &v.text)
	r.File("file", &v.file)
	r.OneOf("choice", &v.choice, "a", "b")
	r.Texts("texts", &v.texts)
	r.StringList("list", &v.list)
	r.Boolean("on", &v.on)
	r.Count("count", &v.count, 1, 9)
	r.Number("number", &v.number, 2)
	r.Duration("wait", &v.wait, jsoption.Positive)
	r.StringMap("headers", &v.headers)
	r.Multimap("params", &v.params)
	r.Tags("tags", &v.tags, "reserved")
	r.JSONObject("object", &v.object, "members")
	r.JSONArray("array", &v.array)
	r.Object("nested", func(n *jsoption.Reader) { n.Text("inner", &v.inner) })
	return v, r
}

func TestReaderReadsEveryKind(t *testing.T) {
	t.Parallel()
	got, r := read(t, `{text: 'x', file: 'keys/a.pem', choice: 'b', texts: 'one', list: ['a b', 'c'], on: true, count: 3, number: 0.5,
		wait: 1500, headers: {A: 'b'}, params: {p: [' x', 'y'], q: 7}, tags: {n: 1, ['__proto__']: true}, object: {o: [1]}, array: [{}],
		nested: {inner: 'i'}}`)
	require.NoError(t, r.Finish())
	assert.Equal(t, &values{
		text: "x", file: filepath.FromSlash("/scripts/keys/a.pem"), choice: "b", texts: []string{"one"},
		list: []string{"a", "b", "c"}, on: true,
		count: 3, number: 0.5, wait: 1500 * time.Millisecond, headers: map[string]string{"A": "b"},
		params: map[string][]string{"p": {" x", "y"}, "q": {"7"}}, tags: map[string]string{"n": "1", "__proto__": "true"},
		object: `{"o":[1]}`, array: `[{}]`, inner: "i",
	}, got)
	assert.True(t, r.Given("nested.inner"))
	assert.Equal(t, []string{"wait"}, r.Numbers("wait", "text"))
}

func TestReaderIsStrict(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`{}`:                               ``,
		`{text: undefined}`:                ``,
		`{text: ''}`:                       `option "text" is an empty string; it must be a non-empty string`,
		`{text: {}}`:                       `option "text" is an object; it must be a non-empty string`,
		`{file: 7}`:                        `option "file" is a number; it must be a non-empty string`,
		`{choice: 'c'}`:                    `option "choice" is "c"; it must be one of "a", "b"`,
		`{texts: ['a', Symbol('s')]}`:      `option "texts[1]" is a symbol; it must be a non-empty string`,
		`{list: ' '}`:                      `option "list" is blank; leave it out to ask for the server's default`,
		`{on: 'true'}`:                     `option "on" is a string; it must be true or false`,
		`{count: 1.5}`:                     `option "count" is 1.5; it must be a whole number from 1 to 9`,
		`{count: 10}`:                      `option "count" is 10; it must be a whole number from 1 to 9`,
		`{number: NaN}`:                    `option "number" is NaN; it must be a number above 0, up to 2`,
		`{wait: '0s'}`:                     `option "wait" is "0s"; it must be a positive duration such as "30s", or a number of milliseconds`,
		`{headers: {a: null}}`:             `option "headers.a" is null; it must be a string`,
		`{params: []}`:                     `option "params" is an array; it must be an object of parameter names and values`,
		`{tags: {reserved: 'x'}}`:          `option "tags.reserved" is set by the module; choose another name`,
		`{object: () => 1}`:                `option "object" is a function; it must be an object of members`,
		`{array: [{}, 's3cr3t']}`:          `option "array[1]" is a string; it must be an object`,
		`{nested: true}`:                   `option "nested" is a boolean; it must be an object`,
		`{nested: {outer: 's3cr3t'}}`:      `unknown option "nested.outer"; it must be one of inner`,
		`{texst: 's3cr3t'}`:                `unknown option "texst" (did you mean "text"?)`,
		`{nested: {inner: 1}, text: 2}`:    `option "text" is a number; it must be a non-empty string`,
		`{text: 1, unknown: 2, number: 3}`: `option "text" is a number; it must be a non-empty string`,
	} {
		_, r := read(t, code)
		err := r.Finish()
		if want == "" {
			assert.NoError(t, err, code)
			continue
		}
		wrong := new(jsoption.Error)
		require.ErrorAs(t, err, &wrong, code)
		assert.Contains(t, err.Error(), want, code)
		assert.Contains(t, err.Error(), wrong.Option, code)
		assert.NotContains(t, err.Error(), "s3cr3t", code)
	}
}

func TestAbsentOptions(t *testing.T) {
	t.Parallel()
	_, r := read(t, `{text: undefined}`)
	assert.Equal(t, "is undefined (is the environment variable set?)", r.Absent("text"))
	assert.Equal(t, "is missing", r.Absent("file"))
}

// Names and errors of the object before are forgotten.
func TestReleasedReader(t *testing.T) {
	t.Parallel()
	for range 10 { // one of them, at least, gets the memory of the last
		_, r := read(t, `{text: 1, on: true, nested: {inner: 's3cr3t', unknown: 1}}`)
		require.Error(t, r.Finish())
		r.Release()

		rt := sobek.New()
		r = jsoption.NewReader(rt, rt.NewObject(), filepath.Clean)
		r.Object("nested", func(*jsoption.Reader) { assert.Fail(t, "there is none") })
		require.NoError(t, r.Finish())
		assert.Equal(t, []string{"nested"}, r.Known())
		assert.Equal(t, []string{"nested"}, r.Options())
		assert.False(t, r.Given("on"))
		assert.False(t, r.Given("nested.inner"))
		r.Release()
	}
}
