package metricname

// The metrics of this extension. Package jsmodule describes them.
const (
	Requests              = "clientcreds_requests"
	RequestDuration       = "clientcreds_request_duration"
	RequestConnecting     = "clientcreds_request_connecting"
	RequestTLSHandshaking = "clientcreds_request_tls_handshaking"
	RequestSigning        = "clientcreds_request_signing"
	RequestFailed         = "clientcreds_request_failed"
	DPoPSigning           = "clientcreds_dpop_signing"
	DPoPNonceRetries      = "clientcreds_dpop_nonce_retries"
	SuppressedRequests    = "clientcreds_suppressed_requests"
	TokenWait             = "clientcreds_token_wait" // #nosec G101 -- a metric
	CacheHits             = "clientcreds_cache_hits"
	CacheMisses           = "clientcreds_cache_misses"
	TokenErrors           = "clientcreds_token_errors"    // #nosec G101 -- a metric
	TokenTTL              = "clientcreds_token_ttl"       // #nosec G101 -- a metric
	TokenRemaining        = "clientcreds_token_remaining" // #nosec G101 -- a metric
	Retries               = "clientcreds_retries"
	RetryAfter            = "clientcreds_retry_after"
	ClockSkew             = "clientcreds_clock_skew"
	SecretRotations       = "clientcreds_secret_rotations" // #nosec G101 -- a metric
	Rejections            = "clientcreds_rejections"
	ExpiredTokenUses      = "clientcreds_expired_token_uses" // #nosec G101 -- a metric
	Introspections        = "clientcreds_introspections"
	IntrospectionDuration = "clientcreds_introspection_duration"
	Revocations           = "clientcreds_revocations"
	RevocationDuration    = "clientcreds_revocation_duration"
	GeneratorCPU          = "clientcreds_generator_cpu"
	GeneratorThrottled    = "clientcreds_generator_throttled"
	GeneratorLag          = "clientcreds_generator_lag"
	GeneratorSaturated    = "clientcreds_generator_saturated"
)
