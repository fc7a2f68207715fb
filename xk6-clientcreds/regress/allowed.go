package regress

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Allowed are limits of rules by their names, raised by a run that does such things on purpose: a
// share, 1 for any; milliseconds for clock_skew; a number for lost_samples.
type Allowed map[string]float64

// ParseAllowed reads rules with limits, such as "rejections=0.05 late_uses". Without a limit anything
// is allowed.
func ParseAllowed(text string) (Allowed, error) {
	var allowed Allowed
	for _, word := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		name, value, found := strings.Cut(word, "=")
		limit := unlimited
		if found {
			var err error
			if limit, err = strconv.ParseFloat(value, 64); err != nil || !(limit >= 0) {
				return nil, fmt.Errorf("%q: the limit of a rule must be a number, 0 or more", word)
			}
		}
		if err := allowed.set(name, limit); err != nil {
			return nil, err
		}
	}
	return allowed, nil
}

// unlimited is more than any value that a rule looks at.
const unlimited = 1e12

func (a *Allowed) set(name string, limit float64) error {
	if !slices.Contains(Rules(), name) {
		return fmt.Errorf("%q is not a rule of validity; allowed: %s", name, strings.Join(Rules(), ", "))
	}
	if *a == nil {
		*a = make(Allowed)
	}
	(*a)[name] = min(limit, unlimited)
	return nil
}

// mergeAllowed allows what all instances allowed: where one did not, its samples were not meant to.
func mergeAllowed(all []Allowed) Allowed {
	if len(all) == 0 || all[0] == nil {
		return nil
	}
	merged := maps.Clone(all[0])
	for name := range merged {
		for _, other := range all[1:] {
			limit, ok := other[name]
			if !ok {
				delete(merged, name)
				break
			}
			merged[name] = min(merged[name], limit)
		}
	}
	if len(merged) == 0 {
		return nil
	}
	return merged
}
