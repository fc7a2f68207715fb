package authserver

import (
	"sync/atomic"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

// Stats counts the requests that have arrived at a [Server]. A request counts in a total when it
// arrives, in a result when its answer is decided.
type Stats struct {
	TokenRequests         TokenRequests `json:"token_requests"`
	APIRequests           APIRequests   `json:"api_requests"`
	DiscoveryRequests     int64         `json:"discovery_requests"`
	IntrospectionRequests int64         `json:"introspection_requests"`
	RevocationRequests    int64         `json:"revocation_requests"`
	// RegistrationRequests counts the requests to register, read, change, and delete clients.
	RegistrationRequests int64 `json:"registration_requests"`
	// Faults counts what faults on demand have done, by kind and endpoint.
	Faults        map[string]map[string]int64 `json:"faults"`
	StartedAt     time.Time                   `json:"started_at"`
	UptimeSeconds float64                     `json:"uptime_seconds"`
}

// TokenRequests counts the requests to the token endpoint.
type TokenRequests struct {
	Total int64 `json:"total"`
	// ByClient counts the requests that name a registered client, whether or
	// not they authenticate it. A client that was deleted is left out.
	ByClient map[string]int64 `json:"by_client"`
	// ByResult counts "issued" and the error codes of RFC 6749 §5.2 and RFC
	// 9449 §5, and how faults answered: by their error codes, "http_503" and the like,
	// "rate_limited", "reset", and "client_closed" where the client did not wait.
	// Results that did not occur are left out.
	ByResult map[string]int64 `json:"by_result"`
	// ConcurrentPeak is how many requests were in progress at the same time.
	ConcurrentPeak int64 `json:"concurrent_peak"`
	// PeakPer100ms is how many requests arrived within a tenth of a second,
	// counted in consecutive ones.
	PeakPer100ms int64 `json:"peak_per_100ms"`
}

// APIRequests counts the requests to the protected API.
type APIRequests struct {
	Total int64 `json:"total"`
	// ByResult counts "ok", "no_token", the error codes of RFC 6750 §3.1 and RFC
	// 9449 §7.1, "temporarily_unavailable", and what faults answered, as for token requests.
	// Results that did not occur are left out.
	ByResult map[string]int64 `json:"by_result"`
	// ConcurrentPeak is how many requests were in progress at the same time.
	ConcurrentPeak int64 `json:"concurrent_peak"`
}

// stats are the counters behind Stats.
type stats struct {
	token, api     arrivals
	tokenResults   [tokenResults]atomic.Int64
	apiResults     [apiResults]atomic.Int64
	discoveries    atomic.Int64
	introspections atomic.Int64
	revocations    atomic.Int64
	registrations  atomic.Int64
}

// countToken counts a decided token request. c is nil when the request names no
// registered client.
func (s *stats) countToken(c *client, result tokenResult) {
	s.tokenResults[result].Add(1)
	if c != nil {
		c.requests.Add(1)
	}
}

func (s *stats) countAPI(result apiResult) { s.apiResults[result].Add(1) }

// Stats returns what has arrived so far.
func (s *Server) Stats() Stats {
	st := s.stats
	byClient := make(map[string]int64, len(s.cfg.Clients))
	for _, c := range s.clients.list[:len(s.cfg.Clients)] {
		byClient[c.id] = c.requests.Load()
	}
	s.clients.registered.addRequests(byClient)
	tokenResults := occurred(tokenResultNames[:], st.tokenResults[:])
	s.faults.AddResults(faults.Token, tokenResults)
	apiResults := occurred(apiResultNames[:], st.apiResults[:])
	s.faults.AddResults(faults.API, apiResults)
	return Stats{
		TokenRequests: TokenRequests{
			Total:          st.token.total.Load(),
			ByClient:       byClient,
			ByResult:       tokenResults,
			ConcurrentPeak: st.token.peak.Load(),
			PeakPer100ms:   st.token.busiest.Load(),
		},
		APIRequests: APIRequests{
			Total:          st.api.total.Load(),
			ByResult:       apiResults,
			ConcurrentPeak: st.api.peak.Load(),
		},
		DiscoveryRequests:     st.discoveries.Load(),
		IntrospectionRequests: st.introspections.Load(),
		RevocationRequests:    st.revocations.Load(),
		RegistrationRequests:  st.registrations.Load(),
		Faults:                s.faults.Counts(),
		StartedAt:             s.started,
		UptimeSeconds:         s.wall().Sub(s.started).Seconds(),
	}
}

func occurred(names []string, counts []atomic.Int64) map[string]int64 {
	m := make(map[string]int64, len(names))
	for i := range counts {
		if n := counts[i].Load(); n > 0 {
			m[names[i]] = n
		}
	}
	return m
}

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
