package oauth

import "encoding/json"

// checkAuthorizationDetails finds what is wrong with the text of the parameter
// authorization_details (RFC 9396 §2): a JSON array of objects, each with the type that says what
// its other members mean.
func checkAuthorizationDetails(text string) error {
	if text == "" {
		return nil
	}
	var details []map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &details) != nil || len(details) == 0 {
		return configError(FieldAuthorizationDetails, "must be a non-empty array of objects with a type (RFC 9396 §2)")
	}
	for i, detail := range details {
		var name string
		if json.Unmarshal(detail["type"], &name) != nil || name == "" {
			return configError(FieldAuthorizationDetails,
				"must have a type, a non-empty string, in each object (RFC 9396 §2), but object %d has none", i+1)
		}
	}
	return nil
}
