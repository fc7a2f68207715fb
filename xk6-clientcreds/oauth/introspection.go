package oauth

import (
	"context"
	"encoding/json"
)

// Introspection is what an introspection endpoint says of a token (RFC 7662 §2.2).
type Introspection struct {
	// Status is the HTTP status.
	Status int
	// Active says that the token is valid now. Why one is not, a server does not tell.
	Active bool
	// Scope is the scope of the token, space separated; "" when the server does not say.
	Scope string
	// Members are all members of the answer as they were sent: a JSON object.
	Members json.RawMessage
}

// Introspect asks about token, once. An error is always an *Error.
func (e *Endpoint) Introspect(ctx context.Context, do Doer, token string) (*Introspection, error) {
	answer, failure := e.post(ctx, do, token)
	if failure != nil {
		return nil, failure
	}
	i, problem := parseIntrospection(answer.body)
	if problem != "" {
		return nil, &Error{Code: CodeInvalidResponse, Status: answer.status, Description: problem}
	}
	i.Status = answer.status
	return i, nil
}

// parseIntrospection reads an answer that claims success, or says what is wrong with it. RFC 7662
// §2.2 wants a JSON object with a boolean active; nothing else is taken for one, since a token
// would pass for active that is not.
func parseIntrospection(body []byte) (*Introspection, string) {
	body = trimBOM(body)
	members, ok := parseObject(body)
	switch {
	case !ok:
		return nil, "the answer is not a JSON object"
	case !inRange(body):
		return nil, "the answer has a number that is out of range"
	}
	i := &Introspection{Members: body}
	switch active := string(members["active"]); active {
	case "true", "false":
		i.Active = active == "true"
	case "":
		return nil, "the answer has no member active (RFC 7662 §2.2)"
	default:
		return nil, "the member active is not a boolean (RFC 7662 §2.2)"
	}
	var granted scope
	if raw := members["scope"]; raw != nil && granted.UnmarshalJSON(raw) == nil {
		i.Scope = string(granted)
	}
	return i, ""
}
