package clientsfile

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
)

// Whatever is in a file, reading it ends with clients that are JSON objects, or with an error that has
// nothing of the values in it.
func FuzzCSV(f *testing.F) {
	f.Add("clientId,clientSecret\na,b\n")
	f.Add("\ufeffclient_id,key.file,__proto__.x\r\n\"a\nb\",\"\"\"\",\r\n")
	f.Add("sep=;\na;a\n1;2")
	f.Add("a\tb\n\xe4\t2")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, text string) { checkRead(t, "c.csv", text) })
}

func FuzzJSON(f *testing.F) {
	f.Add(`[{"clientId":"a","clientSecret":"b"}]`)
	f.Add(` [ {} , {"__proto__":{"x":1e999},"a":[null]} ] `)
	f.Add(`{"a":"\ud800"}{}[`)
	f.Add("[{\"\u2028\":\"\\u0000\"},")
	f.Fuzz(func(t *testing.T, text string) { checkRead(t, "c.json", text) })
}

func checkRead(t *testing.T, name, text string) {
	t.Helper()
	list, err := read(t, name, text)
	if err != nil {
		assert.Less(t, len(err.Error()), 200)
		assert.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err)
		return
	}
	for i := range list.Len() {
		var client map[string]json.RawMessage
		assert.NoError(t, json.Unmarshal([]byte(list.Client(i)), &client), "%q", list.Client(i))
		assert.True(t, strings.HasPrefix(list.Position(i, ""), name+", "))
		if list.table != nil {
			assert.NotEmpty(t, client)
			assert.LessOrEqual(t, int(list.table.rows[i]), strings.Count(text, "\n")+1)
		}
	}
}
