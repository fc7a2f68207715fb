package oauth

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Endpoint is an endpoint that takes one token from an authenticated client: the introspection endpoint
// (RFC 7662) or the revocation endpoint (RFC 7009). It is safe for concurrent use.
type Endpoint struct {
	url    *url.URL
	auth   ClientAuth
	header http.Header
}

// NewEndpoint returns the endpoint at address, where the client of c authenticates as it does at
// the token endpoint and sends the same further headers. field is FieldIntrospectionURL or FieldRevocationURL.
func NewEndpoint(field Field, address string, c Config) (*Endpoint, error) {
	u, err := checkURL(field, address)
	if err != nil {
		return nil, err
	}
	if err := c.checkCertificate(field, u); err != nil {
		return nil, err
	}
	return &Endpoint{url: u, auth: c.Auth, header: requestHeader(c.Header)}, nil
}

// reply is the answer of an Endpoint that claims success.
type reply struct {
	status int
	body   []byte
}

// post sends token in the body of a request (RFC 7662 §2.1, RFC 7009 §2.1).
func (e *Endpoint) post(ctx context.Context, do Doer, token string) (*reply, *Error) {
	for {
		t := new(connTrace)
		if answer, err := e.postOnce(t.in(ctx), do, token); !neverArrived(ctx, err, t) {
			return answer, err
		}
	}
}

func (e *Endpoint) postOnce(ctx context.Context, do Doer, token string) (*reply, *Error) {
	u := *e.url
	r := &TokenRequest{
		URL:    &u,
		Form:   url.Values{"token": {token}, "token_type_hint": {"access_token"}},
		Header: e.header.Clone(),
	}
	if err := e.auth.Apply(ctx, r); err != nil {
		return nil, authError(ctx, err)
	}
	p := &prepared{url: r.URL, header: r.Header, body: []byte(r.Form.Encode())}
	resp, err := do(p.request(ctx))
	if err != nil {
		return nil, sendError(ctx, err)
	}
	defer resp.Body.Close() // read to its end, or given up
	answer, failure := readReply(ctx, resp)
	if failure != nil {
		failure.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return nil, failure
	}
	return answer, nil
}

// readReply returns an answer that is a success, or the failure.
func readReply(ctx context.Context, resp *http.Response) (*reply, *Error) {
	body, failure := readAnswer(ctx, resp)
	if failure != nil {
		return nil, failure
	}
	m, object := parseMembers(resp.Header.Get("Content-Type"), body)
	if failure := refusal(resp, body, m, object, "the endpoint"); failure != nil {
		return nil, failure
	}
	return &reply{status: resp.StatusCode, body: body}, nil
}

// Introspection is the answer of an introspection endpoint about a token (RFC 7662 §2.2).
type Introspection struct {
	// Status is the HTTP status.
	Status int
	// Active says that the token is valid now. Servers do not say why a token is not.
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

// parseIntrospection reads an answer that claims success, or returns the problem. RFC 7662
// §2.2 requires a JSON object with a boolean active; nothing else is accepted, because an inactive token
// would pass for an active one.
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

// Revoke asks the server, once, to invalidate token, and returns the HTTP status (RFC 7009 §2). A
// server says success also of a token that it does not know (§2.2), so only Introspect, or a
// request with the token, proves anything. An error is always an *Error.
func (e *Endpoint) Revoke(ctx context.Context, do Doer, token string) (int, error) {
	answer, failure := e.post(ctx, do, token)
	switch {
	case failure == nil:
		return answer.status, nil
	case failure.Status == http.StatusOK && failure.Code == "invalid_token":
		return failure.Status, nil // Keycloak says so of a token that is not valid anyway (RFC 7009 §2.2)
	}
	return 0, failure
}
