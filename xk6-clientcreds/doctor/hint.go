package doctor

import (
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// settingNames are the variables and flags for the settings that hints name.
var settingNames = map[string]string{
	"andHosts":                   "", // the doctor does not read k6's options
	"andDNS":                     "",
	"andInsecure":                "",
	"assertionAudience":          "ASSERTION_AUDIENCE",
	"audience":                   "AUDIENCE",
	"authorizationDetails":       "the authorization details", // this and an exchange are options of scripts
	"basic":                      "AUTH=client_secret_basic",
	"certificate":                "CLIENT_CERTIFICATE_FILE",
	"clientId":                   "CLIENT_ID",
	"clientSecret":               "CLIENT_SECRET",
	"dpop":                       "DPOP",
	"dpopAlg":                    "DPOP",
	"dpopOn":                     "DPOP=true",
	"exchange":                   "the exchange",
	"exchangeRequestedTokenType": "the requested token type",
	"exchangeScope":              "the scope of the exchange",
	"issuer":                     "ISSUER",
	"params":                     "AUTH",
	"post":                       "AUTH=client_secret_post",
	"raw":                        "BASIC_ENCODING=raw",
	"resource":                   "RESOURCE",
	"scope":                      "SCOPE",
	"shared":                     "CACHE_SCOPE=shared",
	"signingKey":                 "CLIENT_KEY_FILE and KEY_ALG",
	"timeout":                    "--timeout",
	"tokenUrl":                   "TOKEN_URL",
}

var hints = hint.New(settingNames)

// hintFor says what to check first after a token request failed.
func (e *run) hintFor(failure *oauth.Error) string {
	text := hints.For(failure, hint.Client{
		Credentials: e.method.hint(e),
		Certificate: e.method.certified,
		DPoP:        e.signer != nil,
		PlainHTTP:   strings.HasPrefix(strings.ToLower(e.endpoint), "http:"),
	})
	if text == "" && failure.Code == oauth.CodeHTTPError {
		return "check that TOKEN_URL or ISSUER leads to a token endpoint"
	}
	return text
}
