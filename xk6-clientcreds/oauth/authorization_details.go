package oauth

import (
	"encoding/json"
	"fmt"
)

// checkAuthorizationDetails finds what is wrong with the text of the parameter
// authorization_details (RFC 9396 §2): a JSON array of objects, each with the type that says what
// its other members mean.
func checkAuthorizationDetails(text string) error {
	const option = "authorizationDetails"
	if text == "" {
		return nil
	}
	var details []map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &details) != nil || len(details) == 0 {
		return fmt.Errorf("option %q must be a non-empty array of objects with a type (RFC 9396 §2)", option)
	}
	for i, detail := range details {
		var name string
		if json.Unmarshal(detail["type"], &name) != nil || name == "" {
			return fmt.Errorf("option %q needs a type, a non-empty string, in each of its objects (RFC 9396 §2): number %d has none",
				option, i+1)
		}
	}
	return nil
}
