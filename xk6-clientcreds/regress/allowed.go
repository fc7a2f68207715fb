package regress

import (
	"encoding/json"
	"errors"
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

// AllowedBy reads what the option allow and the environment variable allow: a list of rules, or an object of rules and
// their limits, and a text for ParseAllowed, which takes precedence. Either may be empty.
func AllowedBy(option json.RawMessage, variable string) (Allowed, error) {
	allowed, err := allowedByOption(option)
	if err != nil {
		return nil, err
	}
	more, err := ParseAllowed(variable)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", AllowVariable, err)
	}
	if allowed == nil {
		return more, nil
	}
	maps.Copy(allowed, more)
	return allowed, nil
}

// AllowVariable is the environment variable that allows things for a whole run. It takes precedence over the script.
const AllowVariable = "K6_CLIENTCREDS_ALLOW"

func allowedByOption(option json.RawMessage) (Allowed, error) {
	if len(option) == 0 {
		return nil, nil
	}
	var words []string
	if err := json.Unmarshal(option, &words); err == nil {
		return ParseAllowed(strings.Join(words, " "))
	}
	var limits map[string]float64
	if err := json.Unmarshal(option, &limits); err != nil {
		return nil, errors.New("allow must be a list of rules, or an object of rules and their limits")
	}
	var allowed Allowed
	for name, limit := range limits {
		if limit < 0 {
			return nil, fmt.Errorf("allow.%s must be a number, 0 or more", name)
		}
		if err := allowed.set(name, limit); err != nil {
			return nil, err
		}
	}
	return allowed, nil
}
