package authserver

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
)

var (
	errDetailsSyntax = newError(resultInvalidDetails, http.StatusBadRequest,
		"authorization_details must be a JSON array of objects, each with a type")
	errDetailsType = newError(resultInvalidDetails, http.StatusBadRequest,
		"a type of authorization details is unknown or not allowed for this client")
	errDetailsExchange = newError(resultInvalidDetails, http.StatusBadRequest,
		"authorization details are not granted in a token exchange")
)

// grantDetails answers a request for authorization details, RFC 9396 §5: it
// grants all of them as they are, if the client may have their types, otherwise
// none. "" means without details.
func (c *client) grantDetails(requested string) (string, *oauthError) {
	if requested == "" {
		return "", nil
	}
	var details []struct {
		Type string `json:"type"`
	}
	if json.Unmarshal([]byte(requested), &details) != nil || len(details) == 0 {
		return "", errDetailsSyntax
	}
	for _, d := range details {
		if d.Type == "" {
			return "", errDetailsSyntax
		}
		if !slices.Contains(c.detailTypes, d.Type) {
			return "", errDetailsType
		}
	}
	var granted bytes.Buffer
	if json.Compact(&granted, []byte(requested)) != nil {
		return "", errDetailsSyntax
	}
	return granted.String(), nil
}

// appendDetails appends the member that responses (RFC 9396 §7), JWT access
// tokens (§9.1) and introspection responses (§9.2) have in common.
func appendDetails(dst []byte, details string) []byte {
	if details == "" {
		return dst
	}
	dst = append(dst, `,"authorization_details":`...)
	return append(dst, details...)
}

// detailTypes returns the types that some client may have.
func (s *Server) detailTypes() []string {
	var all []string
	for _, c := range s.clients.list {
		all = append(all, c.detailTypes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
