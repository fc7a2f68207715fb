package oauth

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// sentenceMembers are the members in which gateways, frameworks and servers put the sentence for humans,
// the most telling first, without underscores and in lower case: of problem details (RFC 9457 §3.1), AWS,
// Azure, Apigee, Google, IBM, Kong, Okta, Salesforce, Spring, WSO2 and others.
var sentenceMembers = []string{
	"errordescription", "errorsummary", "errormessage", "moreinformation",
	"message", "msg", "detail", "faultstring", "description", "reason", "title", "error",
}

// nestedMembers are those in which such members are one level deeper, or a list of them.
var nestedMembers = []string{"error", "errors", "fault", "message", "detail", "details"}

const (
	// maxNesting bounds how deep a sentence may be.
	maxNesting = 4
	// maxHeadline bounds what is shown of an answer that is not JSON, in characters.
	maxHeadline = 200
)

// sentence returns the sentence for humans in a JSON document, or "". It is one line.
func sentence(body []byte) string {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(trimBOM(body)))
	decoder.UseNumber() // whatever the number is
	if decoder.Decode(&value) != nil {
		return ""
	}
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	if _, ok := value.(map[string]any); !ok {
		return "" // a text alone could be a token
	}
	return sentenceIn(value, maxNesting)
}

func sentenceIn(value any, depth int) string {
	if depth == 0 {
		return ""
	}
	switch value := value.(type) {
	case string:
		return Printable(value, maxDescription)
	case []any:
		if len(value) > 0 {
			return sentenceIn(value[0], depth-1)
		}
	case map[string]any:
		members := normalized(value)
		for _, name := range sentenceMembers {
			if s, ok := members[name].(string); ok && Printable(s, maxDescription) != "" {
				return Printable(s, maxDescription)
			}
		}
		for _, name := range nestedMembers {
			if s := sentenceIn(members[name], depth-1); s != "" {
				return s
			}
		}
	}
	return ""
}

// normalized is o with names in lower case and without underscores: error_message, errorMessage and
// ErrorMessage are one. Of two that become the same the first in the order of the alphabet counts.
func normalized(o map[string]any) map[string]any {
	plain := make(map[string]any, len(o))
	for _, name := range slices.Sorted(maps.Keys(o)) {
		key := strings.ToLower(strings.ReplaceAll(name, "_", ""))
		if _, known := plain[key]; !known {
			plain[key] = o[name]
		}
	}
	return plain
}

// codeElsewhere is the registered OAuth error that a document has in another member than error, as
// errorCode of Okta and ErrorCode of Apigee; "" where there is none.
func codeElsewhere(body []byte) string {
	document, _ := parseObject(trimBOM(body))
	for _, name := range []string{"errorCode", "ErrorCode", "error_code", "code"} {
		if code := document.text(name); isRegistered(code) {
			return code
		}
	}
	return ""
}

func isObject(text []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) }

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>([^<]*)`)

// headline returns the sentence for humans in an answer that is not JSON: the title of a page, the message of an XML
// fault, or plain text of one line, which a success is not searched for: it could be a token.
func headline(resp *http.Response, body []byte) string {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case strings.HasSuffix(kind, "html"):
		if title := htmlTitle.FindSubmatch(body); title != nil {
			return Printable(string(title[1]), maxHeadline)
		}
	case strings.HasSuffix(kind, "xml"):
		return xmlSentence(body)
	case kind == "text/plain" && !successful(resp):
		if line := bytes.TrimSpace(trimBOM(body)); len(line) <= maxHeadline && !bytes.ContainsAny(line, "\r\n") {
			return Printable(string(line), maxHeadline)
		}
	}
	return ""
}

// xmlSentence is the text of the first element that is named as one of sentenceMembers.
func xmlSentence(body []byte) string {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	decoder.Strict = false
	inside := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = slices.Contains(sentenceMembers, strings.ToLower(token.Name.Local))
		case xml.EndElement:
			inside = false
		case xml.CharData:
			if text := Printable(string(token), maxHeadline); inside && text != "" {
				return text
			}
		}
	}
}
