package oauth

import (
	"encoding/json"
	"strings"
)

// object is a JSON object of a server. Its members are read one by one: one of another type than it
// should have counts as missing, and does not spoil the others.
type object map[string]json.RawMessage

// parseObject reads a JSON object, and reports whether body is one.
func parseObject(body []byte) (object, bool) {
	var o object
	err := json.Unmarshal(body, &o)
	return o, err == nil && o != nil
}

// inRange reports whether the numbers of a JSON document fit a float64, as a script's numbers must.
func inRange(body []byte) bool {
	var value any
	return json.Unmarshal(body, &value) == nil
}

// text is a member that is a string; "" where it is missing.
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// list is a member that is an array of strings, or a single one.
func (o object) list(name string) []string {
	if one := o.text(name); one != "" {
		return []string{one}
	}
	var items []any
	if json.Unmarshal(o[name], &items) != nil {
		return nil
	}
	var list []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

// flag is a member that is a boolean, or the word for one.
func (o object) flag(name string) bool {
	return string(o[name]) == "true" || strings.EqualFold(o.text(name), "true")
}

// object is a member that is an object; an empty one where it is missing.
func (o object) object(name string) object {
	inner, _ := parseObject(o[name])
	return inner
}
