package command

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

// faultFlags are the flags that make the server behave badly from the start.
// The document says what is allowed in them.
type faultFlags struct {
	document  string // a file, or the JSON itself
	latency   string
	rateLimit string
	errorRate string
}

func (f *faultFlags) declare(set *pflag.FlagSet) {
	set.StringVar(&f.document, "faults", "",
		"`file` with a JSON document of faults, or the document itself: docs/guides/faults.md")
	set.StringVar(&f.latency, "latency", "", "`duration` that the token endpoint waits before it responds")
	set.StringVar(&f.rateLimit, "rate-limit", "",
		"`number` of token requests accepted per second; others get 429 and Retry-After")
	set.StringVar(&f.errorRate, "error-rate", "",
		"`share` of the token requests, 0 to 1, that get 503 temporarily_unavailable")
}

// shorthand is a flag for a member of the token endpoint's faults.
type shorthand struct {
	flag, member string
	value        any // nil when the flag is not given
}

func (f *faultFlags) shorthands() []shorthand {
	list := []shorthand{
		{"--latency", "latency", nil},
		{"--rate-limit", "rate_limit", nil},
		{"--error-rate", "errors", nil},
	}
	if f.latency != "" {
		list[0].value = f.latency
	}
	if f.rateLimit != "" {
		list[1].value = map[string]any{"per_second": number(f.rateLimit)}
	}
	if f.errorRate != "" {
		list[2].value = []any{map[string]any{"rate": number(f.errorRate), "error": "temporarily_unavailable"}}
	}
	return list
}

// number is s as a JSON number, or as the string that it is.
func number(s string) any {
	if n := json.Number(s); json.Valid([]byte(s)) {
		if _, err := n.Float64(); err == nil {
			return n
		}
	}
	return s
}

// faults is the document of --faults with what the other flags add to it, nil
// when there are none.
func (s *serve) faults() ([]byte, error) {
	f := &s.flags.faults
	text, place := []byte(f.document), "--faults"
	if path := f.document; path != "" && !strings.HasPrefix(strings.TrimSpace(path), "{") {
		var err error
		if text, err = readSmall(s.gs.FS, path); err != nil {
			return nil, invalidf("--faults: %w", err)
		}
		place += " " + path
	}
	if f.document != "" && len(text) == 0 {
		return nil, invalidf("%s: the file is empty; it must have a JSON object", place)
	}
	if err := faults.Check(text); err != nil {
		return nil, invalidf("%s: %w", place, err)
	}
	for _, short := range f.shorthands() {
		if short.value == nil {
			continue
		}
		var err error
		if text, err = addFault(text, short); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// addFault adds the fault of a flag to a document, which is right without it.
func addFault(text []byte, short shorthand) ([]byte, error) {
	document := make(map[string]any)
	if len(text) > 0 {
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, invalidf("--faults: %w", err)
		}
	}
	token, _ := document["token"].(map[string]any)
	if token == nil {
		token = make(map[string]any)
		document["token"] = token
	}
	if token[short.member] != nil {
		return nil, invalidf("%s: --faults has token.%s already; set one of them", short.flag, short.member)
	}
	token[short.member] = short.value
	all, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", short.flag, err)
	}
	if err := faults.Check(all); err != nil {
		return nil, invalidf("%s: %w", short.flag, err)
	}
	return all, nil
}
