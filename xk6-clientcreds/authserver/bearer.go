package authserver

import (
	"net/http"
	"strconv"
)

// bearerError is an answer of the protected API that refuses a request, RFC
// 6750 §3.
type bearerError struct {
	result    apiResult
	status    int
	challenge []string // the WWW-Authenticate header
	byProof   []string // the same for requests that use the scheme DPoP
	body      []byte
}

// challenge is the one of RFC 6750 §3.
const challenge = `Bearer realm="clientcreds"`

// newBearerError makes an answer with an error code of RFC 6750 §3.1.
// parameters are appended to the challenge.
func newBearerError(result apiResult, status int, description, parameters string) *bearerError {
	code := apiResultNames[result]
	body := append([]byte(`{"error":"`), code...)
	body = append(body, `","error_description":`...)
	body = appendJSONString(body, description)
	parameters = `, error="` + code + `", error_description="` + description + `"` + parameters
	return &bearerError{
		result:    result,
		status:    status,
		challenge: []string{challenge + parameters},
		byProof:   []string{challengeDPoP + parameters},
		body:      append(body, '}'),
	}
}

func invalidToken(description string) *bearerError {
	return newBearerError(apiInvalidToken, http.StatusUnauthorized, description, "")
}

var (
	// errTokenMissing has no error code: the request has no authentication at
	// all (RFC 6750 §3.1).
	errTokenMissing = &bearerError{
		result: apiNoToken, status: http.StatusUnauthorized,
		challenge: []string{challenge, challengeDPoP},
	}

	errTokenTwice = newBearerError(apiInvalidRequest, http.StatusBadRequest,
		"the request has more than one Authorization header", "")
	errTokenUnknown  = invalidToken("the access token is malformed or not from this authorization server")
	errTokenExpired  = invalidToken("the access token expired")
	errTokenRevoked  = invalidToken("the access token was revoked")
	errTokenInactive = invalidToken("the access token is not active")
	errTokenAudience = invalidToken("the access token is for another audience")

	// errCheckFailed says nothing about the token: it could not be checked.
	errCheckFailed = &bearerError{
		result: apiUnavailable, status: http.StatusServiceUnavailable,
		body: []byte(`{"error":"temporarily_unavailable","error_description":"the access token could not be checked"}`),
	}
)

// insufficientScope names the scope that is needed, RFC 6750 §3.
func insufficientScope(scope string) *bearerError {
	return newBearerError(apiInsufficientScope, http.StatusForbidden,
		"the access token does not have the scope that is needed", `, scope=`+strconv.Quote(scope))
}

func (e *bearerError) write(w http.ResponseWriter, r *http.Request) {
	if e.challenge != nil {
		w.Header()["Www-Authenticate"] = e.challenge
	}
	if _, byProof := schemeValue(r.Header["Authorization"], "DPoP"); byProof && e.byProof != nil {
		w.Header()["Www-Authenticate"] = e.byProof
	}
	if e.status == http.StatusServiceUnavailable {
		w.Header()["Retry-After"] = headerRetry
	}
	if e.body == nil {
		w.WriteHeader(e.status)
		return
	}
	writeJSON(w, e.status, e.body)
}

// presentedToken returns the token of the Authorization header, RFC 6750 §2.1,
// and whether it is presented by the scheme DPoP, RFC 9449 §7.1. It is the only
// place where the API takes tokens from.
func presentedToken(r *http.Request) (token string, byProof bool, err *bearerError) {
	header := r.Header["Authorization"]
	if len(header) > 1 {
		return "", false, errTokenTwice
	}
	token, ok := schemeValue(header, "Bearer")
	if !ok {
		token, byProof = schemeValue(header, "DPoP")
		ok = byProof
	}
	if !ok {
		return "", false, errTokenMissing
	}
	if token == "" {
		return "", byProof, errTokenUnknown
	}
	return token, byProof, nil
}
