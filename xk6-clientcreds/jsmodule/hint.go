package jsmodule

import (
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// settingNames are the names by which scripts write the settings in hints.
var settingNames = map[string]string{
	"andHosts":                   ", and k6's hosts option",
	"andDNS":                     ", and k6's hosts and dns options",
	"andInsecure":                ", insecureSkipTLSVerify is k6's option for tests",
	"assertionAudience":          "assertion.audience",
	"audience":                   "audience",
	"authorizationDetails":       "authorizationDetails",
	"basic":                      "auth: 'client_secret_basic'",
	"certificate":                "certificate",
	"clientId":                   "clientId",
	"clientSecret":               "clientSecret",
	"dpop":                       "the dpop option",
	"dpopAlg":                    "dpop and its alg",
	"dpopOn":                     "dpop: true",
	"exchange":                   "exchange",
	"exchangeRequestedTokenType": "exchange.requestedTokenType",
	"exchangeScope":              "exchange.scope",
	"issuer":                     "issuer",
	"params":                     "params",
	"post":                       "auth: 'client_secret_post'",
	"raw":                        "basicEncoding: 'raw'",
	"resource":                   "resource",
	"scope":                      "the scope option",
	"shared":                     "cache.scope: 'shared'",
	"signingKey":                 "the assertion, or key",
	"timeout":                    "the timeout option",
	"tokenUrl":                   "tokenUrl",
}

var hints = hint.New(settingNames)

// hintFor says what to check first after e.
func hintFor(o *options, e *oauth.Error) string {
	return hints.For(e, hint.Client{
		Credentials: o.method().hint,
		Certificate: o.byCertificate(),
		DPoP:        o.DPoP.On,
		PlainHTTP:   strings.HasPrefix(strings.ToLower(o.TokenURL+o.Issuer), "http:"),
	})
}

// dated reports whether what the server refused contains the time of this machine, so that the server's clock can be
// the reason.
func dated(o *options, e *oauth.Error) bool {
	return (e.Code == "invalid_dpop_proof" && o.DPoP.On) || (e.RefusesClient() && o.method().signs)
}
