package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// clientOf returns client i of a file. The names are those that a ClientPool reads as well: of client
// metadata (RFC 7591 §2, RFC 8705 §2.1.2, RFC 9396 §10, RFC 9449 §5.2) or of options; ttl is ours. What
// only a client has to know is passed over. The errors hold no value of the file.
func clientOf(file *clientsfile.File, i int) (authserver.Client, error) {
	var (
		c        authserver.Client
		members  map[string]json.RawMessage
		ttl      string
		password string // the secret
		grants   words
		details  words
		bound    switched
	)
	if err := json.Unmarshal([]byte(file.Client(i)), &members); err != nil {
		return c, fmt.Errorf("%s cannot be read as JSON", file.Position(i, ""))
	}
	names := slices.Sorted(maps.Keys(members))
	response := slices.ContainsFunc(names, clientsfile.IsResponse)
	fields := map[string]field{
		"client_id":                   {&c.ID, "a string"},
		"client_secret":               {&password, "a string"},
		"jwks":                        {&c.JWKS, "a JWK set (RFC 7517 §5)"},
		"scope":                       {&c.Scope, "a string"},
		"ttl":                         {&ttl, "a duration such as 5m"},
		"grant_types":                 {&grants, "an array of strings"},
		"token_endpoint_auth_method":  {&c.AuthMethod, "a string"},
		clientsfile.BoundTokens:       {&bound, "true or false"},
		"authorization_details_types": {&details, "an array of strings"},
		"tls_client_auth_subject_dn":  {&c.Subject.DN, "a string"},
		"tls_client_auth_san_dns":     {&c.Subject.DNS, "a string"},
		"tls_client_auth_san_uri":     {&c.Subject.URI, "a string"},
		"tls_client_auth_san_ip":      {&c.Subject.IP, "a string"},
		"tls_client_auth_san_email":   {&c.Subject.Email, "a string"},
	}
	given := make(map[string]bool)
	for _, name := range names {
		standard := clientsfile.Metadata(clientsfile.Option(name))
		f, known := fields[standard]
		position := file.Position(i, clientsfile.Option(name))
		switch {
		case !known && (response || clientsfile.ForServer(name) || clientsfile.ForClient(name)):
			continue
		case !known:
			return c, fmt.Errorf("%s: unknown member %q%s", position, name,
				nearest.DidYouMean(name, slices.Sorted(maps.Keys(fields))))
		case given[standard]:
			return c, fmt.Errorf("%s: %q is set twice, by its metadata name and by its option name", position, standard)
		case json.Unmarshal(members[name], f.value) != nil:
			return c, fmt.Errorf("%s: %q must be %s", position, name, f.kind)
		}
		given[standard] = true
	}
	c.Secret = secret.New(password)
	c.Scope = strings.Join(strings.Fields(c.Scope), " ")
	c.GrantTypes, c.DetailTypes, c.DPoPBound = grants, details, bool(bound)
	if response { // the client may use more grants with its own server
		c.GrantTypes = slices.DeleteFunc(c.GrantTypes,
			func(g string) bool { return !slices.Contains(authserver.GrantTypes, g) })
	}
	if ttl != "" {
		var d duration
		if err := d.Set(ttl); err != nil {
			return c, fmt.Errorf("%s: ttl is %q; %w", file.Position(i, "ttl"), ttl, err)
		}
		c.TTL = time.Duration(d)
	}
	return c, nil
}

// field is where a member goes, and what it must be.
type field struct {
	value any
	kind  string
}

// words are an array of strings; in a CSV they have blanks between them.
type words []string

func (w *words) UnmarshalJSON(text []byte) error {
	var line string
	if json.Unmarshal(text, &line) == nil && text[0] == '"' {
		*w = strings.Fields(line)
		return nil
	}
	return json.Unmarshal(text, (*[]string)(w))
}

// switched is true or false; the option dpop may be an object as well, which is true.
type switched bool

func (s *switched) UnmarshalJSON(text []byte) error {
	if text[0] == '{' {
		*s = true
		return nil
	}
	return json.Unmarshal(text, (*bool)(s))
}
