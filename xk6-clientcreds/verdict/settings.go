package verdict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const (
	// OptionsKey is where a script's options have the settings: options.ext.clientcreds.
	OptionsKey = "clientcreds"
	// ExitCodeVariable is the environment variable for the setting exitCode. It takes precedence over the script.
	ExitCodeVariable = "K6_CLIENTCREDS_EXIT_CODE"
)

// settings are the settings of the verdict in a script or the environment.
type settings struct {
	tolerances validity.Tolerances
	keep       bool // k6's own exit code stays
}

// readSettings reads the settings of the script's options and of the environment.
func readSettings(options json.RawMessage, lookupEnv func(string) (string, bool)) (settings, error) {
	var o struct {
		Allow    json.RawMessage `json:"allow"`
		ExitCode *string         `json:"exitCode"`
	}
	if len(options) > 0 && string(options) != "null" {
		d := json.NewDecoder(bytes.NewReader(options))
		d.DisallowUnknownFields()
		if err := d.Decode(&o); err != nil { // its text is about Go's types
			return settings{}, fmt.Errorf("options.ext.%s must be an object that has nothing but allow and the text exitCode%s",
				OptionsKey, unknownMember(err))
		}
	}
	env := func(name string) string {
		if lookupEnv == nil {
			return ""
		}
		value, _ := lookupEnv(name)
		return value
	}
	if _, err := validity.TolerancesFrom(o.Allow, ""); err != nil {
		return settings{}, fmt.Errorf("options.ext.%s: %w", OptionsKey, err)
	}
	tolerances, err := validity.TolerancesFrom(o.Allow, env(validity.AllowVariable))
	if err != nil {
		return settings{}, err
	}
	s := settings{tolerances: tolerances}
	if o.ExitCode != nil {
		if s.keep, err = keeps(*o.ExitCode); err != nil {
			return settings{}, fmt.Errorf("options.ext.%s.exitCode %w", OptionsKey, err)
		}
	}
	if value := env(ExitCodeVariable); value != "" {
		if s.keep, err = keeps(value); err != nil {
			return settings{}, fmt.Errorf("%s %w", ExitCodeVariable, err)
		}
	}
	return s, nil
}

// unknownMember names the member of an object that is none of the settings.
func unknownMember(err error) string {
	name, ok := strings.CutPrefix(err.Error(), "json: unknown field ")
	if !ok {
		return ""
	}
	return ", but it has " + name
}

// keeps says whether k6's own exit code stays.
func keeps(value string) (bool, error) {
	switch value {
	case "k6":
		return true, nil
	case "verdict":
		return false, nil
	}
	return false, fmt.Errorf("is %q; it must be \"verdict\", by which an invalid run ends with %d, or \"k6\"", value,
		validity.ExitInvalid)
}
