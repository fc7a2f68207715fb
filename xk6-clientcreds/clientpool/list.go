package clientpool

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// List describes the clients of a pool.
type List interface {
	Size() int
	// Options returns the options of client i alone: an object, or whatever a script has put there.
	Options(rt *sobek.Runtime, i int) sobek.Value
	// Position names client i, or its option of that name, for errors.
	Position(i int, option string) string
	// Glance returns what the list says of client i.
	Glance(i int) Glance
}

// Glance holds what a list says about one client.
type Glance struct {
	ID      string  // "" where it is not a text
	Expires float64 // when its secret does, in seconds since 1970; 0 is never
	// Shape is all that decides whether the options of the client are right: of two clients with the
	// same shape both are, or none. It is "" where that is not known.
	Shape string
}

// isFree reports whether text is right for an option because it is right for every client. Most clients
// differ in these only.
func isFree(name, text string) bool {
	name = clientsfile.Option(name)
	return (name == "clientId" || name == "clientSecret") && text != "" && oauth.CheckSecret(text) == nil
}

// PassesOver reports whether a pool does not look at a member of a client: only the server has to know
// it, or it is one of the server's own in its answer to a registration.
func PassesOver(name string, response bool) bool {
	return clientsfile.ForServer(name) || response && !clientsfile.ForClient(name) && !clientsfile.ForBoth(name)
}

// someText stands in a shape for the text of a free option.
const someText = "\x01"

// arrayClients are the clients of an array or a SharedArray. They belong to one VU.
type arrayClients struct{ array *sobek.Object }

// FromArray returns the list of the clients in an array or a SharedArray.
func FromArray(array *sobek.Object) List { return arrayClients{array} }

func (a arrayClients) Size() int { return int(a.array.Get("length").ToInteger()) }

func (a arrayClients) Options(_ *sobek.Runtime, i int) sobek.Value {
	return a.array.Get(strconv.Itoa(i))
}

func (a arrayClients) Position(i int, _ string) string { return fmt.Sprintf("clients[%d]", i) }

// Glance knows the shape of clients whose options are all texts.
func (a arrayClients) Glance(i int) (g Glance) {
	v := a.Options(nil, i)
	if !jsoption.IsObject(v) {
		return g
	}
	obj, _ := v.(*sobek.Object)
	names, allTexts := obj.Keys(), true
	response := slices.ContainsFunc(names, clientsfile.IsResponse)
	var shape strings.Builder
	for _, name := range names {
		value := obj.Get(name)
		if name == clientsfile.SecretExpires {
			g.Expires = number(value)
		}
		if PassesOver(name, response) {
			continue
		}
		if !jsoption.IsString(value) {
			allTexts = false
			continue
		}
		text := value.String()
		if clientsfile.Option(name) == "clientId" {
			g.ID = text
		}
		if isFree(name, text) {
			text = someText
		}
		shape.WriteString(strconv.Quote(name) + strconv.Quote(text))
	}
	if allTexts {
		g.Shape = shape.String()
	}
	return g
}

func number(v sobek.Value) float64 {
	switch n := v.Export().(type) {
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

// fileClients are the clients of a file.
type fileClients struct{ *clientsfile.File }

func (f fileClients) Size() int { return f.Len() }

// Options parses the text again each time: most clients are never used, and those that are, once or
// twice in each VU.
func (f fileClients) Options(rt *sobek.Runtime, i int) sobek.Value {
	parse, _ := sobek.AssertFunction(rt.GlobalObject().Get("JSON").ToObject(rt).Get("parse"))
	v, err := parse(sobek.Undefined(), rt.ToValue(f.Client(i)))
	if err != nil { // JSON that is none for JavaScript; the error would quote it
		return sobek.Undefined()
	}
	return v
}

func (f fileClients) Glance(i int) (g Glance) {
	members := f.Members(i)
	response := slices.ContainsFunc(members, func(m clientsfile.Member) bool { return clientsfile.IsResponse(m.Name) })
	var shape strings.Builder
	for _, m := range members {
		switch {
		case m.Name == clientsfile.SecretExpires:
			g.Expires, _ = strconv.ParseFloat(m.Text, 64)
			continue
		case PassesOver(m.Name, response):
			continue
		case m.IsText && clientsfile.Option(m.Name) == "clientId":
			g.ID = m.Text
		}
		text := m.Text
		if m.IsText && isFree(m.Name, text) {
			text = someText
		}
		for _, part := range []string{m.Name, "=", strconv.FormatBool(m.IsText), "=", text, "\x00"} {
			shape.WriteString(part)
		}
	}
	g.Shape = shape.String()
	return g
}
