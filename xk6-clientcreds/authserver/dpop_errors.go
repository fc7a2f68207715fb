package authserver

import (
	"net/http"
	"strings"
)

// proofError is an error of a DPoP proof: an answer of the token
// endpoint (RFC 9449 §5 and §8) and one of the API (§7.1 and §9).
type proofError struct {
	atToken *oauthError
	atAPI   *bearerError
}

func invalidProof(description string) *proofError {
	return &proofError{
		newError(resultInvalidProof, http.StatusBadRequest, description),
		newBearerError(apiInvalidProof, http.StatusUnauthorized, description, ""),
	}
}

// wantsProof makes an answer challenge by the scheme DPoP whatever the request
// used, RFC 9449 §7.2.
func wantsProof(e *bearerError) *bearerError {
	e.challenge = e.byProof
	return e
}

func useNonce(description string) *proofError {
	return &proofError{
		newError(resultUseNonce, http.StatusBadRequest, description),
		newBearerError(apiUseNonce, http.StatusUnauthorized, description, ""),
	}
}

var (
	errNoProof         = invalidProof("the request has no DPoP proof")
	errProofTwice      = invalidProof("the request has more than one DPoP header")
	errProofSyntax     = invalidProof("the DPoP proof is not a signed JWT in compact serialization")
	errProofType       = invalidProof("the typ of the DPoP proof is not dpop+jwt")
	errProofAlgorithm  = invalidProof("the alg of the DPoP proof is not supported")
	errProofNoKey      = invalidProof("the DPoP proof has no jwk")
	errProofPrivateKey = invalidProof("the jwk of the DPoP proof holds a private key")
	errProofKey        = invalidProof("the jwk of the DPoP proof is not a usable public key")
	errProofSignature  = invalidProof("the signature of the DPoP proof is wrong")
	errProofClaims     = invalidProof("the claims of the DPoP proof are malformed")
	errProofNoID       = invalidProof("the DPoP proof has no jti")
	errProofID         = invalidProof("the jti of the DPoP proof is longer than 256 bytes")
	errProofNoMethod   = invalidProof("the DPoP proof has no htm")
	errProofMethod     = invalidProof("the htm of the DPoP proof is not the method of the request")
	errProofNoTarget   = invalidProof("the DPoP proof has no htu")
	errProofTarget     = invalidProof("the htu of the DPoP proof is not the URL of the request")
	errProofNoTime     = invalidProof("the DPoP proof has no iat")
	errProofFuture     = invalidProof("the iat of the DPoP proof is in the future")
	errProofOld        = invalidProof("the iat of the DPoP proof is more than a minute ago")
	errProofNoHash     = invalidProof("the DPoP proof has no ath")
	errProofHash       = invalidProof("the ath of the DPoP proof does not match the access token")
	errProofReplayed   = invalidProof("the DPoP proof was used before")

	errNonceMissing = useNonce("the DPoP proof has no nonce")
	errNonceWrong   = useNonce("the nonce of the DPoP proof is unknown or no longer valid")

	errProofsFull = &proofError{
		newError(resultServerError, http.StatusServiceUnavailable, "too many DPoP proofs are in use, try again later"),
		errCheckFailed,
	}

	errTokenWithoutProof = wantsProof(invalidToken("the access token is bound to a key: it needs the scheme DPoP and a " +
		"proof"))
	errTokenUnbound = invalidToken("the access token is not bound to a key: its scheme is Bearer")
	errTokenKey     = invalidToken("the access token is bound to another key")
)

// challengeDPoP is the one of RFC 9449 §7.1.
var challengeDPoP = `DPoP realm="clientcreds", algs="` + proofAlgorithms() + `"`

func proofAlgorithms() string {
	names := make([]string, len(keyAlgorithms))
	for i, algorithm := range keyAlgorithms {
		names[i] = string(algorithm)
	}
	return strings.Join(names, " ")
}
