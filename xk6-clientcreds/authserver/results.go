package authserver

// tokenResult is how a token request ended.
type tokenResult int

// The results, and the error codes of RFC 6749 §5.2, RFC 8707 §2,
// RFC 9396 §5, and RFC 9449 §5 and §8.
const (
	resultIssued tokenResult = iota
	resultInvalidRequest
	resultInvalidClient
	resultUnauthorizedClient
	resultUnsupportedGrantType
	resultInvalidScope
	resultInvalidTarget
	resultInvalidDetails
	resultInvalidProof
	resultUseNonce
	resultServerError
	tokenResults // how many there are
)

var tokenResultNames = [tokenResults]string{
	resultIssued:               "issued",
	resultInvalidRequest:       "invalid_request",
	resultInvalidClient:        "invalid_client",
	resultUnauthorizedClient:   "unauthorized_client",
	resultUnsupportedGrantType: "unsupported_grant_type",
	resultInvalidScope:         "invalid_scope",
	resultInvalidTarget:        "invalid_target",
	resultInvalidDetails:       "invalid_authorization_details",
	resultInvalidProof:         "invalid_dpop_proof",
	resultUseNonce:             "use_dpop_nonce",
	resultServerError:          "server_error",
}

// apiResult is how a request to the protected API ended.
type apiResult int

// The results: error codes of RFC 6750 §3.1 and RFC 9449 §7.1, and what has none.
const (
	apiOK apiResult = iota
	apiNoToken
	apiInvalidRequest
	apiInvalidToken
	apiInsufficientScope
	apiInvalidProof
	apiUseNonce
	apiUnavailable
	apiResults // how many there are
)

var apiResultNames = [apiResults]string{
	apiOK:                "ok",
	apiNoToken:           "no_token",
	apiInvalidRequest:    "invalid_request",
	apiInvalidToken:      "invalid_token",
	apiInsufficientScope: "insufficient_scope",
	apiInvalidProof:      "invalid_dpop_proof",
	apiUseNonce:          "use_dpop_nonce",
	apiUnavailable:       "temporarily_unavailable",
}
