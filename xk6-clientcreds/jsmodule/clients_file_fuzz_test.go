package jsmodule

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
)

// Whatever is in a file, reading it ends with clients that have options of their own, or with an
// error that has nothing of the values in it.
func FuzzClientsCSV(f *testing.F) {
	f.Add("clientId,clientSecret\na,b\n")
	f.Add("\ufeffclient_id,key.file,__proto__.x\r\n\"a\nb\",\"\"\"\",\r\n")
	f.Add("a,a\n1,2")
	f.Add("a,b\n\xe4,2")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readCSV("c.csv", strings.NewReader(text))
		if err != nil {
			assert.Less(t, len(err.Error()), 200)
			assert.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err)
			return
		}
		rt := sobek.New()
		for i := range list.size() {
			obj := list.options(rt, i)
			assert.True(t, isPlainObject(obj))
			for column, cell := range list.rows[i] {
				name, member, nested := strings.Cut(list.header[column], ".")
				if cell == "" || nested || strings.Contains(strings.Join(list.header, "\n"), name+".") {
					continue
				}
				assert.Empty(t, member)
				assert.Contains(t, obj.ToObject(rt).Keys(), name)
			}
			assert.Contains(t, list.place(i, ""), fmt.Sprintf("c.csv, row %d", i+2))
			assert.NotEmpty(t, list.shape(i))
		}
	})
}

func FuzzClientsJSON(f *testing.F) {
	f.Add(`[{"clientId":"a","clientSecret":"b"}]`)
	f.Add(` [ {} , {"__proto__":{"x":1e999},"a":[null]} ] `)
	f.Add(`[{"a":"\ud800"}][`)
	f.Add("[{\"\u2028\":\"\\u0000\"},")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readJSON("c.json", strings.NewReader(text))
		if err != nil {
			assert.Less(t, len(err.Error()), 200)
			assert.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err)
			return
		}
		rt := sobek.New()
		for i := range list.size() {
			v := list.options(rt, i) // a number such as 1e999 is no JSON for JavaScript
			assert.True(t, isPlainObject(v) || sobek.IsUndefined(v) && strings.ContainsAny(list.objects[i], "eE"), "%q", list.objects[i])
		}
	})
}
