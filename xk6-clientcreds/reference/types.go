package main

import (
	"errors"
	"regexp"
	"strings"
)

// declarations are the declarations in index.d.ts, in its order.
type declarations struct {
	list   []*declaration
	byName map[string]*declaration
}

// declaration is an interface, a class, a function or a type.
type declaration struct {
	kind, name string
	signature  string // of a function or a type
	doc        doc
	members    []*member
}

// member is a member of an interface or a class. An overloaded method is one member with several signatures.
type member struct {
	name       string
	optional   bool
	typ        string   // of a property
	signatures []string // of a method
	doc        doc
}

// doc is a documentation comment.
type doc struct {
	text     []string // paragraphs
	initial  string   // @default
	throws   []string // @throws
	examples []string // @example
}

var (
	declares = regexp.MustCompile(`^ {4}(?:export )?(interface|class|function|type) (\w+)`)
	property = regexp.MustCompile(`^(?:readonly )?(\w+)(\??): (.*)$`)
	method   = regexp.MustCompile(`^(\w+)(?:<.*?>)?\(`)
)

// parseTypes reads index.d.ts as this project writes it: declarations are indented by four blanks, members by eight.
func parseTypes(text string) (*declarations, error) {
	d := &declarations{byName: make(map[string]*declaration)}
	_, body, found := strings.Cut(text, "\ndeclare module 'k6/x/clientcreds' {\n")
	if !found {
		return nil, errors.New("it does not declare the module")
	}
	var (
		comment, statement []string
		inComment          bool
		current            *declaration
	)
	for _, line := range strings.Split(body, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "/**"):
			comment, inComment = []string{trimmed}, !strings.HasSuffix(trimmed, "*/")
		case inComment:
			comment, inComment = append(comment, trimmed), !strings.HasSuffix(trimmed, "*/")
		case declares.MatchString(line):
			m := declares.FindStringSubmatch(line)
			current = &declaration{kind: m[1], name: m[2], signature: strings.TrimSuffix(strings.TrimPrefix(trimmed, "export "),
				";"), doc: parseDoc(comment)}
			d.list, d.byName[m[2]] = append(d.list, current), current
			comment = nil
		case current != nil && strings.HasPrefix(line, "        ") && trimmed != "":
			statement = append(statement, trimmed)
			if strings.HasSuffix(trimmed, ";") {
				current.add(strings.TrimSuffix(strings.Join(statement, " "), ";"), parseDoc(comment))
				statement, comment = nil, nil
			}
		}
	}
	return d, nil
}

// add adds a member, or another signature of the last one.
func (d *declaration) add(statement string, comment doc) {
	if m := method.FindStringSubmatch(statement); m != nil {
		if n := len(d.members); n > 0 && d.members[n-1].name == m[1] {
			d.members[n-1].signatures = append(d.members[n-1].signatures, statement)
			return
		}
		d.members = append(d.members, &member{name: m[1], signatures: []string{statement}, doc: comment})
		return
	}
	if m := property.FindStringSubmatch(statement); m != nil {
		d.members = append(d.members, &member{name: m[1], optional: m[2] != "", typ: m[3], doc: comment})
	}
}

// parseDoc reads a comment with its tags.
func parseDoc(lines []string) doc {
	var (
		d   doc
		tag string
		buf []string
	)
	flush := func() {
		text := strings.TrimRight(strings.Join(buf, "\n"), "\n ")
		switch tag {
		case "":
			for _, paragraph := range strings.Split(text, "\n\n") {
				if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
					d.text = append(d.text, strings.Join(strings.Fields(paragraph), " "))
				}
			}
		case "default":
			d.initial = strings.TrimSpace(text)
		case "throws":
			d.throws = append(d.throws, strings.Join(strings.Fields(text), " "))
		case "example":
			d.examples = append(d.examples, strings.Trim(text, "\n"))
		}
		buf = nil
	}
	for _, line := range lines {
		line = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(line, "*/"), "/**"), "*")
		line = strings.TrimRight(strings.TrimPrefix(line, " "), " ")
		if name, rest, _ := strings.Cut(strings.TrimPrefix(line, "@"), " "); strings.HasPrefix(line, "@") {
			flush()
			tag, line = name, rest
		}
		buf = append(buf, line)
	}
	flush()
	return d
}
