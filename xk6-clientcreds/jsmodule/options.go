package jsmodule

import (
	"strings"
	"time"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// The values that options with a fixed vocabulary take.
const (
	authBasic = "client_secret_basic"
	authPost  = "client_secret_post"

	encodingForm = "form"
	encodingRaw  = "raw"

	scopeVU     = "vu"
	scopeShared = "shared"
	scopeNone   = "none"

	refreshBlocking   = "blocking"
	refreshBackground = "background"

	onErrorThrow = "throw"
	onErrorAbort = "abort"
)

// options are the options of one Client, with every default filled in. index.d.ts documents each.
type options struct {
	Issuer, TokenURL       string
	IntrospectionURL       string
	RevocationURL          string
	JWKSURL                string
	ClientID, ClientSecret string
	SecretFrom             place // of ClientSecret, once that is read
	Auth, BasicEncoding    string
	Key                    keyOptions
	Certificate            certificateOptions
	Assertion              assertionOptions
	DPoP                   dpopOptions
	Scope                  []string
	Audience, Resource     []string
	AuthorizationDetails   string // as JSON
	Exchange               *exchangeOptions
	Params                 map[string][]string
	Headers                map[string]string
	Cache                  cacheOptions
	Retry                  retryOptions
	Timeout                time.Duration
	OnError                string
	Tags                   map[string]string
	HTTPMetrics            bool

	Pool      string      // the name of the pool of which the client is one; none where the tag client tells them apart
	shared    *sharedPool // that pool
	scopeText string      // Scope as it is sent
	numbers   []string    // the durations that are given as a number of milliseconds
}

type cacheOptions struct {
	Scope          string
	Leeway, Jitter tokencache.Span
	Refresh        string
	DefaultTTL     time.Duration
}

type retryOptions struct {
	Attempts            int
	Backoff, MaxBackoff time.Duration
	Budget              time.Duration
	Given               bool // acquire() retries only when the script asked for it
}

// defaults are documented in index.d.ts and docs/reference/options.md; a test compares them.
func defaults() options {
	return options{
		Auth:          authBasic,
		BasicEncoding: encodingForm,
		Assertion:     assertionOptions{Lifetime: oauth.DefaultAssertionLifetime, Algorithm: "HS256"},
		Cache: cacheOptions{
			Scope:      scopeVU,
			Leeway:     tokencache.Span{Fraction: 0.10},
			Jitter:     tokencache.Span{Fraction: 0.05},
			Refresh:    refreshBackground,
			DefaultTTL: 5 * time.Minute,
		},
		Retry: retryOptions{
			Attempts:   3,
			Backoff:    100 * time.Millisecond,
			MaxBackoff: 5 * time.Second,
			Budget:     time.Minute,
		},
		Timeout: 30 * time.Second,
		OnError: onErrorThrow,
	}
}

// parseOptions reads the argument of `new Client(…)`. Its errors name the option, what is wrong
// with its value, and what is allowed.
func parseOptions(rt *sobek.Runtime, v sobek.Value) (*options, error) {
	r, err := newReader(rt, "", v)
	if err != nil {
		return nil, err
	}
	o := defaults()
	o.read(r)
	if err := r.finish(); err != nil {
		return nil, err
	}
	if !r.given("retry.maxBackoff") {
		o.Retry.MaxBackoff = max(o.Retry.MaxBackoff, o.Retry.Backoff)
	}
	o.scopeText = strings.Join(o.Scope, " ")
	return &o, o.check(r)
}

// read takes from r what is given. It names every option there is.
func (o *options) read(r *reader) {
	r.text("issuer", &o.Issuer)
	r.text("tokenUrl", &o.TokenURL)
	r.text("introspectionUrl", &o.IntrospectionURL)
	r.text("revocationUrl", &o.RevocationURL)
	r.text("jwksUrl", &o.JWKSURL)
	r.credential("clientId", &o.ClientID)
	r.secretOrPlace("clientSecret", &o.ClientSecret, &o.SecretFrom)
	r.oneOf("auth", &o.Auth, authBasic, authPost, authSecretJWT, authPrivateJWT, authTLS, authSelfSignedTLS)
	r.oneOf("basicEncoding", &o.BasicEncoding, encodingForm, encodingRaw)
	r.key("key", &o.Key)
	r.certificate("certificate", &o.Certificate)
	r.object("assertion", o.Assertion.read)
	r.dpop("dpop", &o.DPoP)
	r.words("scope", &o.Scope)
	r.texts("audience", &o.Audience)
	r.texts("resource", &o.Resource)
	r.details("authorizationDetails", &o.AuthorizationDetails)
	r.object("exchange", o.readExchange)
	r.multimap("params", &o.Params)
	r.stringMap("headers", &o.Headers)
	r.object("cache", func(c *reader) {
		c.oneOf("scope", &o.Cache.Scope, scopeVU, scopeShared, scopeNone)
		c.span("leeway", &o.Cache.Leeway)
		c.span("jitter", &o.Cache.Jitter)
		c.oneOf("refresh", &o.Cache.Refresh, refreshBlocking, refreshBackground)
		c.duration("defaultTtl", &o.Cache.DefaultTTL, positive)
		o.numbers = c.numbers("leeway", "jitter", "defaultTtl")
	})
	r.object("retry", func(c *reader) {
		o.Retry.Given = true
		c.count("attempts", &o.Retry.Attempts, 1, 100)
		c.duration("backoff", &o.Retry.Backoff, notNegative)
		c.duration("maxBackoff", &o.Retry.MaxBackoff, notNegative)
		c.duration("budget", &o.Retry.Budget, positive)
	})
	r.duration("timeout", &o.Timeout, positive)
	o.numbers = append(o.numbers, r.numbers("timeout")...)
	r.oneOf("onError", &o.OnError, onErrorThrow, onErrorAbort)
	r.tags("tags", &o.Tags)
	r.boolean("httpMetrics", &o.HTTPMetrics)
}

// check finds options that are missing or contradict each other.
func (o *options) check(r *reader) error {
	switch {
	case o.Issuer == "" && o.TokenURL == "":
		return optionError("tokenUrl", "%s; give the URL of the token endpoint, or issuer to discover it", r.absent("tokenUrl"))
	case o.Issuer != "" && o.TokenURL != "":
		return optionError("tokenUrl", "contradicts issuer; give one of the two")
	case o.ClientID == "":
		return optionError("clientId", "%s; it must be a non-empty string", r.absent("clientId"))
	case o.Retry.MaxBackoff < o.Retry.Backoff:
		return optionError("retry.maxBackoff", "is %s, shorter than retry.backoff (%s)", o.Retry.MaxBackoff, o.Retry.Backoff)
	}
	if err := o.checkAuth(r); err != nil {
		return err
	}
	if o.Cache.Scope == scopeNone {
		for _, name := range []string{"leeway", "jitter", "refresh"} {
			if r.given("cache." + name) {
				return optionError("cache."+name, "has no effect with cache.scope: %q, which asks for a new token at every call", scopeNone)
			}
		}
	}
	return nil
}

func (o *options) policy() tokencache.Policy {
	refresh := tokencache.Background
	if o.Cache.Refresh == refreshBlocking {
		refresh = tokencache.Blocking
	}
	return tokencache.Policy{
		Leeway:     o.Cache.Leeway,
		Jitter:     o.Cache.Jitter,
		Refresh:    refresh,
		MaxWait:    o.Timeout,
		DefaultTTL: o.Cache.DefaultTTL,
	}
}

// retry is the retry policy of a token request: the cache's when the token is to be cached, and
// for acquire(), which exists to see every answer, only what the script asked for.
func (o *options) retry(cached bool) oauth.Retry {
	if !cached && !o.Retry.Given {
		return oauth.Retry{}
	}
	return oauth.Retry{
		Attempts:   o.Retry.Attempts,
		Backoff:    o.Retry.Backoff,
		MaxBackoff: o.Retry.MaxBackoff,
		Budget:     o.Retry.Budget,
	}
}
