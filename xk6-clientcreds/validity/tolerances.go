package validity

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Tolerances hold raised limits by the names of rules, for runs that break these rules on purpose. A limit is a share
// (1 for any), milliseconds for clock_skew, and a number for lost_samples.
type Tolerances map[string]float64

// ParseTolerances reads rules with limits, such as "rejections=0.05 expired_token_uses". Without a limit anything
// is allowed.
func ParseTolerances(text string) (Tolerances, error) {
	var tolerances Tolerances
	for _, word := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		name, value, found := strings.Cut(word, "=")
		limit := unlimited
		if found {
			var err error
			if limit, err = strconv.ParseFloat(value, 64); err != nil || !(limit >= 0) {
				return nil, fmt.Errorf("%q: the limit of a rule must be a number, 0 or more", word)
			}
		}
		if err := tolerances.set(name, limit); err != nil {
			return nil, err
		}
	}
	return tolerances, nil
}

// unlimited is more than any value that a rule looks at.
const unlimited = 1e12

func (t *Tolerances) set(name string, limit float64) error {
	if !slices.Contains(Rules(), name) {
		return fmt.Errorf("%q is not a rule of validity; use one of %s", name, strings.Join(Rules(), ", "))
	}
	if *t == nil {
		*t = make(Tolerances)
	}
	(*t)[name] = min(limit, unlimited)
	return nil
}

// MergeTolerances allows what all instances allowed: where an instance did not, it did not mean to break the rule.
func MergeTolerances(all []Tolerances) Tolerances {
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

// TolerancesFrom reads what the option allow and the environment variable allow: a list of rules, or an object of rules
// and their limits, and a text for ParseTolerances, which takes precedence. Either may be empty.
func TolerancesFrom(option json.RawMessage, variable string) (Tolerances, error) {
	tolerances, err := fromOption(option)
	if err != nil {
		return nil, err
	}
	more, err := ParseTolerances(variable)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", AllowVariable, err)
	}
	if tolerances == nil {
		return more, nil
	}
	maps.Copy(tolerances, more)
	return tolerances, nil
}

// AllowVariable is the environment variable that allows things for a whole run. It takes precedence over the script.
const AllowVariable = "K6_CLIENTCREDS_ALLOW"

func fromOption(option json.RawMessage) (Tolerances, error) {
	if len(option) == 0 {
		return nil, nil
	}
	var words []string
	if err := json.Unmarshal(option, &words); err == nil {
		return ParseTolerances(strings.Join(words, " "))
	}
	var limits map[string]float64
	if err := json.Unmarshal(option, &limits); err != nil {
		return nil, errors.New("allow must be a list of rules, or an object of rules and their limits")
	}
	var tolerances Tolerances
	for name, limit := range limits {
		if limit < 0 {
			return nil, fmt.Errorf("allow.%s must be a number, 0 or more", name)
		}
		if err := tolerances.set(name, limit); err != nil {
			return nil, err
		}
	}
	return tolerances, nil
}
