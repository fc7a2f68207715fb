package hint

import (
	"crypto/tls"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

func names() map[string]string {
	names := make(map[string]string)
	for _, setting := range Settings() {
		names[setting] = "<" + setting + ">"
	}
	return names
}

// Every placeholder is a setting, and every setting is in a text.
func TestSettingsAreThePlaceholders(t *testing.T) {
	t.Parallel()
	texts := []string{
		rateLimit, broken, bindKey, expired, handshake, string(SecretBasic), string(SecretPost), string(Assertion),
		string(Certificate),
	}
	for _, table := range []map[string]string{hints, certificateHints, exchangeHints} {
		texts = slices.AppendSeq(texts, maps.Values(table))
	}
	texts = slices.AppendSeq(texts, maps.Values(statusHints))
	found := make(map[string]bool)
	for _, text := range texts {
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(text, -1) {
			found[m[1]] = true
		}
		assert.NotContains(t, New(names()).names.Replace(text), "{")
	}
	assert.ElementsMatch(t, Settings(), slices.Collect(maps.Keys(found)))
}

func TestFor(t *testing.T) {
	t.Parallel()
	unverified := oauth.TransportError(&tls.CertificateVerificationError{Err: http.ErrServerClosed})
	for name, c := range map[string]struct {
		err    *oauth.Error
		client Client
		want   string
	}{
		"credentials": {
			&oauth.Error{Code: "invalid_client", Status: 401},
			Client{Credentials: SecretPost},
			"check <clientId> and <clientSecret>, and whether the server expects <basic>",
		},
		"credentials first, then the code": {
			&oauth.Error{Code: "access_denied", Status: 401},
			Client{Credentials: "check X"},
			"check X; if they are right, a policy of the server denies this client a token; see the server's log",
		},
		"the code first, when the server may know the client": {
			&oauth.Error{Code: "unauthorized_client", Status: 400},
			Client{Credentials: "check X"},
			"the server does not allow this client the client_credentials grant; if it does, check X",
		},
		"code": {
			&oauth.Error{Code: "invalid_scope", Status: 400},
			Client{Credentials: "check X"},
			"the client may not request this scope; check <scope>",
		},
		"code of an exchange": {
			&oauth.Error{Code: "invalid_scope", Status: 400, Grant: oauth.GrantTokenExchange},
			Client{},
			"the token may not get this scope in the exchange; check <exchangeScope>",
		},
		"proof, without DPoP": {&oauth.Error{Code: oauth.CodeUseNonce, Status: 400}, Client{}, bound},
		"proof, with DPoP": {
			&oauth.Error{Code: "invalid_dpop_proof", Status: 400},
			Client{DPoP: true},
			"check <dpopAlg>, the clocks on both sides, and whether the server knows its own URL as in <tokenUrl>",
		},
		"status": {
			&oauth.Error{Code: oauth.CodeHTTPError, Status: 404},
			Client{},
			"there is nothing at this path; check <tokenUrl>",
		},
		"rate limit, whatever the code": {&oauth.Error{Code: "invalid_request", Status: 429}, Client{}, limited},
		"rate limit":                    {&oauth.Error{Code: oauth.CodeHTTPError, Status: 429}, Client{}, limited},
		"reset": {
			&oauth.Error{Code: oauth.CodeConnectionReset}, Client{}, reset,
		},
		"reset of plain HTTP": {
			&oauth.Error{Code: oauth.CodeConnectionReset},
			Client{PlainHTTP: true},
			reset + "; or the server expects https",
		},
		"reset with a certificate": {
			&oauth.Error{Code: oauth.CodeConnectionReset},
			Client{Certificate: true},
			"the server may have refused the client's certificate: check that it is not expired, that <certificate> contains " +
				"the intermediate CAs, and that the server trusts its CA; or it is overloaded or restarting",
		},
		"server's certificate": {
			unverified,
			Client{Certificate: true},
			"check the certificate; SSL_CERT_FILE names a CA file to trust<andInsecure>",
		},
		"expired on arrival": {
			oauth.Expired(time.Second, 2*time.Second),
			Client{},
			"the server takes longer to answer than its tokens live: find out why it is slow, or have it grant a longer lifetime",
		},
		"unknown code": {&oauth.Error{Code: "tenant_suspended", Status: 400}, Client{Credentials: "check X"}, ""},
	} {
		assert.Equal(t, c.want, New(names()).For(c.err, c.client), name)
	}
}

const (
	bound   = "the server requires this client's tokens to be bound to a key (RFC 9449); set <dpopOn>"
	limited = "the server limits the rate of token requests; <shared> needs the fewest"
	reset   = "the server or a proxy in front of it closed the connection: it is overloaded, restarting, or not an HTTP server"
)
