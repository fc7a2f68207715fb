package compare

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// segments is the part of the test that the processes of a run ran together, such as 0:1/2; 0:1 is all of it. Parts
// that overlap do not add up to one: they are more load than the scenarios say.
func segments(r *runrecord.Record) string {
	parts := make([][2]*big.Rat, 0, len(r.Instances))
	for _, i := range r.Instances {
		part, ok := segment(i.Segment)
		if !ok {
			return ofInstances(r, func(i *runrecord.Instance) string { return i.Segment })
		}
		parts = append(parts, part)
	}
	slices.SortFunc(parts, func(a, b [2]*big.Rat) int { return a[0].Cmp(b[0]) })
	var joined [][2]*big.Rat
	for _, part := range parts {
		if n := len(joined); n > 0 && joined[n-1][1].Cmp(part[0]) == 0 {
			joined[n-1][1] = part[1]
			continue
		}
		joined = append(joined, part)
	}
	texts := make([]string, len(joined))
	for i, part := range joined {
		texts[i] = part[0].RatString() + ":" + part[1].RatString()
	}
	return strings.Join(texts, " + ")
}

var boundForm = regexp.MustCompile(`^\d{1,9}(/\d{1,9})?$`)

// segment reads an execution segment as k6 writes it. Without one a process runs the whole test.
func segment(text string) (part [2]*big.Rat, ok bool) {
	if text == "" {
		text = "0:1"
	}
	from, to, _ := strings.Cut(text, ":")
	for i, bound := range []string{from, to} {
		if !boundForm.MatchString(bound) {
			return part, false
		}
		if part[i], ok = new(big.Rat).SetString(bound); !ok {
			return part, false // divided by 0
		}
	}
	return part, true
}
