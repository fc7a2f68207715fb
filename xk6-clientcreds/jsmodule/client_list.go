package jsmodule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// clientList is where the clients of a pool are described.
type clientList interface {
	size() int
	// options returns the options of client i alone: an object, or whatever a script has put there.
	options(rt *sobek.Runtime, i int) sobek.Value
	// place names client i, or its option of that name, for errors.
	place(i int, option string) string
	// shape is all that decides whether the options of client i are right: of two clients with the
	// same shape both are, or none. It is "" where that is not known.
	shape(i int) string
}

// isFree reports whether text is right for an option because it is right for every client. Most clients
// differ in these only.
func isFree(name, text string) bool {
	name = standardName(name)
	return (name == "clientId" || name == "clientSecret") && text != "" && oauth.CheckSecret(text) == nil
}

// someText stands in a shape for the text of a free option.
const someText = "\x01"

// arrayClients are those of an array or a SharedArray. They belong to one VU.
type arrayClients struct{ array *sobek.Object }

func (a arrayClients) size() int { return int(a.array.Get("length").ToInteger()) }

func (a arrayClients) options(_ *sobek.Runtime, i int) sobek.Value {
	return a.array.Get(strconv.Itoa(i))
}

func (a arrayClients) place(i int, _ string) string { return fmt.Sprintf("clients[%d]", i) }

// shape is known of clients whose options are all texts.
func (a arrayClients) shape(i int) string {
	v := a.options(nil, i)
	if !isPlainObject(v) {
		return ""
	}
	obj, _ := v.(*sobek.Object)
	var b strings.Builder
	for _, name := range obj.Keys() {
		value := obj.Get(name)
		if !isString(value) {
			return ""
		}
		text := value.String()
		if isFree(name, text) {
			text = someText
		}
		b.WriteString(strconv.Quote(name) + strconv.Quote(text))
	}
	return b.String()
}

func (c *jsonClients) size() int { return len(c.objects) }

// options parses the text again each time: most clients are never used, and those that are, once or
// twice in each VU.
func (c *jsonClients) options(rt *sobek.Runtime, i int) sobek.Value {
	parse, _ := sobek.AssertFunction(rt.GlobalObject().Get("JSON").ToObject(rt).Get("parse"))
	v, err := parse(sobek.Undefined(), rt.ToValue(c.objects[i]))
	if err != nil { // JSON that is none for JavaScript; the error would quote it
		return sobek.Undefined()
	}
	return v
}

func (c *jsonClients) place(i int, _ string) string { return fmt.Sprintf("%s, client %d", c.name, i+1) }

func (c *jsonClients) shape(i int) string {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(c.objects[i]), &members) != nil {
		return ""
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(members)) {
		b.WriteString(strconv.Quote(name))
		value := members[name]
		if text, isText := unescaped(value); isText && isFree(name, text) {
			b.WriteString(someText)
		} else {
			b.Write(value)
		}
	}
	return b.String()
}

// unescaped is the text of a JSON string without escapes: those of others have a shape of their own.
func unescaped(value json.RawMessage) (text string, isText bool) {
	if len(value) < len(`""`) || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", false
	}
	return string(value[1 : len(value)-1]), true
}

func (c *csvClients) size() int { return len(c.rows) }

// options makes an object of a row. An empty cell is an option that is not given, "key.file" is the
// option file of the object key. Options that are on or off are so by the words of JSON.
func (c *csvClients) options(rt *sobek.Runtime, i int) sobek.Value {
	obj := rt.NewObject()
	inner := make(map[string]*sobek.Object)
	for column, cell := range c.rows[i] {
		if cell == "" {
			continue
		}
		name, member, nested := strings.Cut(c.header[column], ".")
		if !nested {
			setOwn(obj, name, cellValue(rt, name, cell))
			continue
		}
		if inner[name] == nil {
			inner[name] = rt.NewObject()
			setOwn(obj, name, inner[name])
		}
		setOwn(inner[name], member, rt.ToValue(cell))
	}
	return obj
}

// cellValue is the value of the option name that a cell has.
func cellValue(rt *sobek.Runtime, name, cell string) sobek.Value {
	if option := standardName(name); option == "dpop" || option == "httpMetrics" {
		switch cell {
		case "true", "false":
			return rt.ToValue(cell == "true")
		}
	}
	return rt.ToValue(cell)
}

func (c *csvClients) shape(i int) string {
	var b strings.Builder
	for column, cell := range c.rows[i] {
		if isFree(c.header[column], cell) {
			cell = someText
		}
		b.WriteString(cell)
		b.WriteByte(0)
	}
	return b.String()
}

func (c *csvClients) place(i int, option string) string {
	row := fmt.Sprintf("%s, row %d", c.name, i+2) // as a spreadsheet counts, the header is the first
	for _, name := range c.header {
		if option != "" && standardName(name) == option {
			return row + ", column " + strconv.Quote(name)
		}
	}
	return row
}

// setOwn sets a property of a plain object, also one called __proto__.
func setOwn(obj *sobek.Object, name string, v sobek.Value) {
	if err := obj.DefineDataProperty(name, v, sobek.FLAG_TRUE, sobek.FLAG_TRUE, sobek.FLAG_TRUE); err != nil {
		panic(err)
	}
}
