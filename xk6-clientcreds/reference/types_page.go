package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	link      = regexp.MustCompile(`\{@link (\w+)(?:\.(\w+))?\}`)
	path      = regexp.MustCompile(`docs/(guides|reference|evidence)/(\w+)\.md`)
	thrown    = regexp.MustCompile(`^\{(\w+)\}\s*`)
	accessors = map[string]string{"Client": "client.", "ClientPool": "pool."}
)

// prose turns the text of a comment into Markdown: links to other declarations and pages become links of Markdown.
func prose(text string) string {
	text = link.ReplaceAllStringFunc(text, func(s string) string {
		m := link.FindStringSubmatch(s)
		if m[2] != "" {
			return "[`" + accessors[m[1]] + m[2] + "()`](api.md#" +
				strings.ToLower(strings.TrimSuffix(accessors[m[1]], ".")+m[2]) + ")"
		}
		return "`" + m[1] + "`"
	})
	return path.ReplaceAllString(text, "[$2.md](../$1/$2.md)")
}

// options lists the options of an interface; args are its name and what stands before the names of its options.
func (d *declarations) options(args []string) (string, error) {
	decl, prefix := d.byName[args[0]], ""
	if decl == nil {
		return "", fmt.Errorf("index.d.ts does not declare %s", args[0])
	}
	if len(args) > 1 {
		prefix = args[1]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", prose(strings.Join(decl.doc.text, "\n\n")))
	for _, m := range decl.members {
		if len(m.doc.text) == 0 {
			continue // the names of client metadata, which the guide explains
		}
		fmt.Fprintf(&b, "- **`%s%s`** · `%s`", prefix, m.name, d.values(m.typ))
		switch {
		case m.doc.initial != "":
			fmt.Fprintf(&b, " · default `%s`", m.doc.initial)
		case !m.optional:
			b.WriteString(" · required")
		}
		fmt.Fprintf(&b, "<br>\n  %s\n", prose(strings.Join(m.doc.text, "\n\n  ")))
	}
	return b.String(), nil
}

// values returns the values of a type that is a name for some, and other types as they are.
func (d *declarations) values(typ string) string {
	if decl := d.byName[typ]; decl != nil && decl.kind == "type" {
		if _, union, _ := strings.Cut(decl.signature, " = "); strings.HasPrefix(union, "'") {
			return union
		}
	}
	return typ
}

// class describes the constructor, the methods and the properties of a class.
func (d *declarations) class(args []string) (string, error) {
	decl := d.byName[args[0]]
	if decl == nil {
		return "", fmt.Errorf("index.d.ts does not declare %s", args[0])
	}
	var b strings.Builder
	writeDoc(&b, decl.doc)
	for _, m := range decl.members {
		switch {
		case m.name == "constructor":
			fmt.Fprintf(&b, "### `new %s()`\n\n", decl.name)
			writeMethod(&b, m, func(s string) string { return "new " + decl.name + strings.TrimPrefix(s, "constructor") })
		case m.signatures != nil:
			fmt.Fprintf(&b, "### `%s%s()`\n\n", accessors[decl.name], m.name)
			writeMethod(&b, m, func(s string) string { return s })
		case accessors[decl.name] != "":
			fmt.Fprintf(&b, "### `%s%s`\n\n", accessors[decl.name], m.name)
			writeDoc(&b, m.doc)
		default:
			writeProperty(&b, m)
		}
	}
	return b.String(), nil
}

// results lists the members of interfaces that methods return.
func (d *declarations) results(args []string) (string, error) {
	var b strings.Builder
	for _, name := range args {
		decl := d.byName[name]
		if decl == nil {
			return "", fmt.Errorf("index.d.ts does not declare %s", name)
		}
		fmt.Fprintf(&b, "### `%s`\n\n", name)
		writeDoc(&b, decl.doc)
		for _, m := range decl.members {
			if len(m.doc.text) > 0 {
				writeProperty(&b, m)
			}
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// functions describes the functions of the module.
func (d *declarations) functions() string {
	var b strings.Builder
	for _, decl := range d.list {
		if decl.kind == "function" {
			fmt.Fprintf(&b, "### `%s()`\n\n```ts\n%s\n```\n\n", decl.name, decl.signature)
			writeDoc(&b, decl.doc)
		}
	}
	return b.String()
}

func writeMethod(b *strings.Builder, m *member, call func(string) string) {
	b.WriteString("```ts\n")
	for _, s := range m.signatures {
		fmt.Fprintln(b, call(s))
	}
	b.WriteString("```\n\n")
	writeDoc(b, m.doc)
}

func writeProperty(b *strings.Builder, m *member) {
	fmt.Fprintf(b, "- **`%s`** · `%s`<br>\n  %s\n", m.name, m.typ, prose(strings.Join(m.doc.text, "\n\n  ")))
}

func writeDoc(b *strings.Builder, d doc) {
	for _, paragraph := range d.text {
		fmt.Fprintf(b, "%s\n\n", prose(paragraph))
	}
	for _, t := range d.throws {
		fmt.Fprintf(b, "**Throws** %s\n\n", prose(thrown.ReplaceAllString(t, "`$1` ")))
	}
	for _, example := range d.examples {
		fmt.Fprintf(b, "```js\n%s\n```\n\n", example)
	}
}
