package oauth

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What gateways, frameworks and servers say that do not keep to RFC 6749: their own sentence is told.
func TestServerWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       string
	}{
		"Azure API Management": {
			401, typeJSON,
			`{"statusCode":401,"message":"Access denied due to missing subscription key."}`,
			"http_error (HTTP 401): Access denied due to missing subscription key.",
		},
		"AWS": {
			403, typeJSON, `{"message":"Missing Authentication Token"}`,
			"http_error (HTTP 403): Missing Authentication Token",
		},
		"AWS, older": {
			403, "application/x-amz-json-1.1", `{"__type":"AccessDenied","Message":"not you"}`,
			"http_error (HTTP 403): not you",
		},
		"Spring": {
			401, typeJSON,
			`{"timestamp":1,"status":401,"error":"Unauthorized","message":"Bad credentials","path":"/token"}`,
			"http_error (HTTP 401): Bad credentials",
		},
		"Spring, no message": {
			404, typeJSON,
			`{"timestamp":"2026","status":404,"error":"Not Found","message":"","path":"/token"}`,
			"http_error (HTTP 404): Not Found",
		},
		"Spring Security": {
			401, typeJSON,
			`{"error":"unauthorized","error_description":"Full authentication is required"}`,
			"http_error (HTTP 401): Full authentication is required",
		},
		"Okta": {
			401, typeJSON,
			`{"errorCode":"E0000011","errorSummary":"Invalid token provided","errorCauses":[]}`,
			"http_error (HTTP 401): Invalid token provided",
		},
		"Okta, code": {
			401, typeJSON,
			`{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter."}`,
			"invalid_client (HTTP 401): Invalid value for 'client_id' parameter.",
		},
		"Google": {
			400, typeJSON,
			`{"error":{"code":400,"message":"Client secret is expired","status":"INVALID_ARGUMENT"}}`,
			"http_error (HTTP 400): Client secret is expired",
		},
		"OData": {
			403, typeJSON, `{"error":{"code":"","message":{"lang":"en","description":"no"}}}`,
			"http_error (HTTP 403): no",
		},
		"Apigee": {
			429, typeJSON,
			`{"fault":{"faultstring":"Rate limit quota violation","detail":{"errorcode":"policies.ratelimit.QuotaViolation"}}}`,
			"http_error (HTTP 429): Rate limit quota violation",
		},
		"Apigee, code": {
			401, typeJSON, `{"ErrorCode":"invalid_client","Error":"ClientId is Invalid"}`,
			"invalid_client (HTTP 401): ClientId is Invalid",
		},
		"problem details": {
			400, "application/problem+json",
			`{"type":"about:blank","title":"Bad Request","status":400,"detail":"tenant is required"}`,
			"http_error (HTTP 400): tenant is required",
		},
		"problem, title only": {
			400, "application/problem+json", `{"title":"Tenant is required"}`,
			"http_error (HTTP 400): Tenant is required",
		},
		"FastAPI": {
			422, typeJSON, `{"detail":[{"loc":["body"],"msg":"field required"}]}`,
			"http_error (HTTP 422): field required",
		},
		"JSON:API": {
			403, typeJSON, `{"errors":[{"status":"403","title":"Forbidden here"}]}`,
			"http_error (HTTP 403): Forbidden here",
		},
		"list of texts": {400, typeJSON, `{"errors":["no tenant","no client"]}`, "http_error (HTTP 400): no tenant"},
		"Salesforce": {
			400, typeJSON, `[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]`,
			"http_error (HTTP 400): the answer is JSON, but not an object: Session expired",
		},
		"IBM": {
			401, typeJSON,
			`{"httpCode":"401","httpMessage":"Unauthorized","moreInformation":"Client id not registered."}`,
			"http_error (HTTP 401): Client id not registered.",
		},
		"IBM IAM": {
			400, typeJSON,
			`{"errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found"}`,
			"http_error (HTTP 400): Provided API key could not be found",
		},
		"WSO2": {
			401, typeJSON,
			`{"fault":{"code":900902,"message":"Missing Credentials","description":"Invalid"}}`,
			"http_error (HTTP 401): Missing Credentials",
		},
		"WSO2, XML": {
			401, "application/xml; charset=UTF-8",
			`<am:fault xmlns:am="x"><am:code>900902</am:code><am:message>Missing Credentials</am:message></am:fault>`,
			"http_error (HTTP 401): the answer is not JSON, but application/xml; charset=UTF-8: Missing Credentials",
		},
		"XML without words": {
			500, "text/xml", `<a><b>hush</b>`,
			"http_error (HTTP 500): the answer is not JSON, but text/xml",
		},
		"too deeply in lists": {400, typeJSON, `{"errors":[[[["hush"]]]]}`, "http_error (HTTP 400): the answer has no OAuth error code"},
		"the longest line": {
			503, "text/plain", " " + strings.Repeat("x", maxHeadline) + "\n",
			"http_error (HTTP 503): the answer is not JSON, but text/plain: " + strings.Repeat("x", maxHeadline),
		},
		"Tyk": {
			403, typeJSON, `{"error":"Key not authorised"}`,
			"http_error (HTTP 403): Key not authorised",
		},
		"a flag":          {400, typeJSON, `{"error":true,"message":"no tenant"}`, "http_error (HTTP 400): no tenant"},
		"a status phrase": {400, typeJSON, `{"error":"Bad Request"}`, "http_error (HTTP 400): Bad Request"},
		"Envoy": {
			503, "text/plain", "no healthy upstream",
			"http_error (HTTP 503): the answer is not JSON, but text/plain: no healthy upstream",
		},
		"nginx": {
			502, typeHTML, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\nhush",
			"http_error (HTTP 502): the answer is not JSON, but text/html; charset=utf-8: 502 Bad Gateway",
		},
		"words beside a code": {
			400, typeJSON, `{"error":"invalid_scope","message":"no such scope"}`,
			"invalid_scope (HTTP 400): no such scope",
		},
		"a mark before it": {403, typeJSON, "\xef\xbb\xbf" + `{"message":"no"}`, "http_error (HTTP 403): no"},
		"out of range":     {403, typeJSON, `{"code":1e999,"message":"no"}`, "http_error (HTTP 403): no"},
		"compressed names": {
			403, typeJSON, `{"Error_Message":"first","errorMessage":"second"}`,
			"http_error (HTTP 403): first",
		},
		"an error in a quote": {400, typeJSON, `{"error":"a\"b"}`, `http_error (HTTP 400): a"b`},
		"on two lines":        {400, typeJSON, `{"error":"a\nb\u202ec\u009b"}`, "http_error (HTTP 400): a b c"},
		"control characters":  {400, typeJSON, `{"message":"\u0000\u202e","title":"yes"}`, "http_error (HTTP 400): yes"},
		"long": {
			400, typeJSON, `{"error":"` + strings.Repeat("e", 5000) + `"}`,
			"http_error (HTTP 400): " + strings.Repeat("e", 4096) + "…",
		},
		"deep": {
			400, typeJSON, `{"error":{"error":{"error":{"error":{"error":{"message":"hush"}}}}}}`,
			"http_error (HTTP 400): the answer has no OAuth error code",
		},
		"only a text":               {400, typeJSON, `"hush"`, "http_error (HTTP 400): the answer is JSON, but not an object"},
		"nothing but an empty list": {400, typeJSON, `[]`, "http_error (HTTP 400): the answer is JSON, but not an object"},
		"empty list":                {400, typeJSON, `{"errors":[]}`, "http_error (HTTP 400): the answer has no OAuth error code"},
		"other members": {
			400, typeJSON, `{"token":"hush","data":{"message":"hush"}}`,
			"http_error (HTTP 400): the answer has no OAuth error code",
		},
	} {
		_, err := newClient(t, config()).Token(context.Background(), always(c.status, c.kind, c.body))
		require.EqualError(t, err, c.want, name)
		assert.NotContains(t, err.Error(), "hush", name)
		_, err = newTestEndpoint(t, config()).Introspect(context.Background(), always(c.status, c.kind, c.body), "t")
		require.EqualError(t, err, c.want, "introspection: "+name)
	}
}

// Metrics use the codes of RFCs, not the phrases of HTTP.
func TestErrorCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"invalid_client": "invalid_client", "tenant_not_found": "tenant_not_found", "AADSTS7000215": "AADSTS7000215",
		"Unauthorized": "", "unauthorized": "", "Bad Request": "", "too many requests": "", "Key not authorised": "",
		"": "", "a\"b": "", "a\nb": "", "a\x7f": "", "ä": "", strings.Repeat("e", 64): strings.Repeat("e", 64),
		strings.Repeat("e", 65): "",
	} {
		assert.Equal(t, want, errorCode(text), text)
	}
}
