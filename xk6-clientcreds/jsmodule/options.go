package jsmodule

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// The values that options with a fixed vocabulary take.
const (
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
	Issuer, TokenURL     string
	IntrospectionURL     string
	RevocationURL        string
	JWKSURL              string
	ClientID             string
	ClientSecret         secret.Text
	SecretFrom           secretRef // of ClientSecret, once that is read
	Auth, BasicEncoding  string
	Key                  keyOptions
	Certificate          certificateOptions
	Assertion            assertionOptions
	DPoP                 dpopOptions
	Scope                []string
	Audience, Resource   []string
	AuthorizationDetails string // as JSON
	Exchange             *exchangeOptions
	Params               map[string][]string
	Headers              map[string]string
	Cache                cacheOptions
	Retry                retryOptions
	Timeout              time.Duration
	OnError              string
	Tags                 map[string]string
	HTTPMetrics          bool
	MaxRequests          int // 0 for any number

	Pool      string      // the name of the pool of which the client is one; none if the tag client distinguishes them
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

// defaults are documented in index.d.ts; a test compares them.
func defaults() options {
	return options{
		Auth:          authMethods[0].name,
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
// with its value, and what is allowed. resolve makes the path of a file absolute.
func parseOptions(rt *sobek.Runtime, v sobek.Value, resolve func(path string) string) (*options, error) {
	if !jsoption.IsObject(v) {
		return nil, errors.New("new Client(options) needs an object with at least tokenUrl or issuer, clientId and " +
			"clientSecret")
	}
	r := jsoption.NewReader(rt, v.ToObject(rt), resolve)
	defer r.Release()
	o, _ := spareOptions.Get().(*options)
	*o = defaults()
	o.read(r)
	if err := r.Finish(); err != nil {
		return nil, err
	}
	if !r.Given("retry.maxBackoff") {
		o.Retry.MaxBackoff = max(o.Retry.MaxBackoff, o.Retry.Backoff)
	}
	o.scopeText = strings.Join(o.Scope, " ")
	if err := o.check(r); err != nil {
		return nil, err
	}
	return o, nil
}

// spareOptions are options that were released. All VUs but the first need theirs only to find the client that they have
// in common.
var spareOptions = sync.Pool{New: func() any { return new(options) }}

// release gives the memory of o to other options, without what was in it. It must not be used any more.
func (o *options) release() {
	*o = options{}
	spareOptions.Put(o)
}

// read takes from r what is given. It names every option there is.
func (o *options) read(r *jsoption.Reader) {
	r.Text("issuer", &o.Issuer)
	r.Text("tokenUrl", &o.TokenURL)
	r.Text("introspectionUrl", &o.IntrospectionURL)
	r.Text("revocationUrl", &o.RevocationURL)
	r.Text("jwksUrl", &o.JWKSURL)
	readCredential(r, "clientId", &o.ClientID)
	readSecret(r, "clientSecret", &o.ClientSecret, &o.SecretFrom)
	r.OneOf("auth", &o.Auth, authMethodNames()...)
	r.OneOf("basicEncoding", &o.BasicEncoding, encodingForm, encodingRaw)
	readKey(r, "key", &o.Key)
	readCertificateOption(r, "certificate", &o.Certificate)
	r.Object("assertion", o.Assertion.read)
	readDPoP(r, "dpop", &o.DPoP)
	r.StringList("scope", &o.Scope)
	r.Texts("audience", &o.Audience)
	r.Texts("resource", &o.Resource)
	r.JSONArray("authorizationDetails", &o.AuthorizationDetails)
	r.Object("exchange", o.readExchange)
	r.Multimap("params", &o.Params)
	r.StringMap("headers", &o.Headers)
	r.Object("cache", func(c *jsoption.Reader) {
		c.OneOf("scope", &o.Cache.Scope, scopeVU, scopeShared, scopeNone)
		readSpan(c, "leeway", &o.Cache.Leeway)
		readSpan(c, "jitter", &o.Cache.Jitter)
		c.OneOf("refresh", &o.Cache.Refresh, refreshBlocking, refreshBackground)
		c.Duration("defaultTtl", &o.Cache.DefaultTTL, jsoption.Positive)
		o.numbers = c.Numbers("leeway", "jitter", "defaultTtl")
	})
	r.Object("retry", func(c *jsoption.Reader) {
		o.Retry.Given = true
		c.Count("attempts", &o.Retry.Attempts, 1, 100)
		c.Duration("backoff", &o.Retry.Backoff, jsoption.NotNegative)
		c.Duration("maxBackoff", &o.Retry.MaxBackoff, jsoption.NotNegative)
		c.Duration("budget", &o.Retry.Budget, jsoption.Positive)
	})
	r.Duration("timeout", &o.Timeout, jsoption.Positive)
	o.numbers = append(o.numbers, r.Numbers("timeout")...)
	r.OneOf("onError", &o.OnError, onErrorThrow, onErrorAbort)
	r.Tags("tags", &o.Tags, tagClient, tagGrant, tagReason, tagStatus, tagError, tagActive, tagServer)
	r.Boolean("httpMetrics", &o.HTTPMetrics)
	r.Count("maxRequests", &o.MaxRequests, 1, maxSeed)
}

// check finds options that are missing or contradict each other.
func (o *options) check(r *jsoption.Reader) error {
	switch {
	case o.Issuer == "" && o.TokenURL == "":
		return jsoption.Errorf("tokenUrl", "%s; set it to the URL of the token endpoint, or set issuer to discover it",
			r.Absent("tokenUrl"))
	case o.Issuer != "" && o.TokenURL != "":
		return jsoption.Errorf("tokenUrl", "contradicts issuer; set one of the two")
	case o.ClientID == "":
		return jsoption.Errorf("clientId", "%s; it must be a non-empty string", r.Absent("clientId"))
	case o.Retry.MaxBackoff < o.Retry.Backoff:
		return jsoption.Errorf("retry.maxBackoff", "is %s, shorter than retry.backoff (%s)", o.Retry.MaxBackoff,
			o.Retry.Backoff)
	}
	if err := o.checkAuth(r); err != nil {
		return err
	}
	if o.Cache.Scope == scopeNone {
		for _, name := range []string{"leeway", "jitter", "refresh"} {
			if r.Given("cache." + name) {
				return jsoption.Errorf("cache."+name,
					"has no effect with cache.scope: %q, which asks for a new token at every call", scopeNone)
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
