// Package second is another k6 extension, to be built into one binary with this one.
package second

import "go.k6.io/k6/v2/js/modules"

func init() { modules.Register("k6/x/second", new(second)) }

type second struct{}

// Greeting returns a text that a script can check.
func (second) Greeting() string { return "hello from the second extension" }
