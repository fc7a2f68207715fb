package recorder

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxTargets bounds the servers of one run.
	maxTargets = 8
	// maxToken bounds the length of a bearer token, in bytes.
	maxToken = 64 << 10
	// tokenPrefix begins the names of the variables with bearer tokens. The server's name follows, in capitals.
	tokenPrefix = "K6_CLIENTCREDS_RECORD_SCRAPE_TOKEN_" // #nosec G101 -- a name
)

// scrapeOptions are the options about servers under test. Their maps have the names of servers.
type scrapeOptions struct {
	urls   map[string]*url.URL
	tokens map[string]string // the file of the bearer token
	cpus   map[string]float64
	globs  []string // of the metrics that are recorded on demand
}

// scrapeTarget is a server under test whose metrics are recorded.
type scrapeTarget struct {
	name  string
	url   *url.URL
	token func() (string, error) // the bearer token; nil without one
	cpus  float64                // that the server may use; 0 if its metrics tell
	globs []string
}

// scrapeSetters read the options, each of which may list several values with spaces between them.
var scrapeSetters = map[string]func(o *scrapeOptions, text string) error{
	"scrape":        (*scrapeOptions).addURL,
	"scrapeMetrics": (*scrapeOptions).addGlob,
	"scrapeToken":   (*scrapeOptions).addToken,
	"scrapeCPUs":    (*scrapeOptions).addCPUs,
}

// set reads an option; known is false for an unknown option.
func (o *scrapeOptions) set(name, text string) (known bool, err error) {
	add, known := scrapeSetters[name]
	if !known {
		return false, nil
	}
	values := strings.Fields(text)
	if len(values) == 0 {
		return true, fmt.Errorf("option %q is empty; set it, or leave it out", name)
	}
	for _, value := range values {
		if err := add(o, value); err != nil {
			return true, fmt.Errorf("option %q %w", name, err)
		}
	}
	return true, nil
}

// split reads NAME=VALUE. The error does not repeat the value, which may have credentials.
func split(text, example string) (name, value string, err error) {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" || !isWord(name) || value == "" {
		return "", "", errors.New("must be " + example + "; the name of the server has letters only")
	}
	return name, value, nil
}

func add[V any](to *map[string]V, name string, value V) error {
	if *to == nil {
		*to = make(map[string]V)
	}
	for other := range *to {
		if strings.EqualFold(other, name) { // tokens are in variables, whose names are in capitals
			return fmt.Errorf("has two values for the server %q; delete one", name)
		}
	}
	(*to)[name] = value
	return nil
}

func (o *scrapeOptions) addURL(text string) error {
	name, address, err := split(text, "NAME=URL, such as idp=http://127.0.0.1:9000/metrics")
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("has no http or https URL for the server %q", name)
	}
	if len(o.urls) == maxTargets {
		return fmt.Errorf("names too many servers; at most %d are read", maxTargets)
	}
	return add(&o.urls, name, u)
}

func (o *scrapeOptions) addToken(text string) error {
	name, file, err := split(text, "NAME=FILE, the file of a bearer token, such as idp=/run/secrets/token")
	if err != nil {
		return err
	}
	return add(&o.tokens, name, file)
}

func (o *scrapeOptions) addCPUs(text string) error {
	name, number, err := split(text, "NAME=NUMBER, the CPUs that the server may use, such as idp=2")
	if err != nil {
		return err
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n > 0 && n <= 1e6) {
		return fmt.Errorf("has %q for the server %q, which is not a number of CPUs; write a number such as 2", number, name)
	}
	return add(&o.cpus, name, n)
}

func (o *scrapeOptions) addGlob(glob string) error {
	if _, err := path.Match(glob, ""); err != nil {
		return fmt.Errorf("has %q, which is not a pattern; write a name with *, ?, and [a-z]", glob)
	}
	o.globs = append(o.globs, glob)
	return nil
}

// override takes what later options, which have precedence, say of servers.
func (o *scrapeOptions) override(later scrapeOptions) {
	o.urls, o.tokens, o.cpus = merged(o.urls, later.urls), merged(o.tokens, later.tokens), merged(o.cpus, later.cpus)
	if len(later.globs) > 0 {
		o.globs = later.globs
	}
}

func merged[V any](earlier, later map[string]V) map[string]V {
	all := maps.Clone(earlier)
	if all == nil && later != nil {
		all = make(map[string]V, len(later))
	}
	maps.Copy(all, later)
	return all
}

// targets are the servers to read. Bearer tokens are in files, or in the environment.
func (o *scrapeOptions) targets(env map[string]string) ([]scrapeTarget, error) {
	if len(o.urls) > maxTargets {
		return nil, fmt.Errorf(`option "scrape" names too many servers; at most %d are read`, maxTargets)
	}
	var all []scrapeTarget
	for _, name := range slices.Sorted(maps.Keys(o.urls)) {
		token, err := o.tokenOf(name, env[tokenVariable(name)])
		if err != nil {
			return nil, err
		}
		all = append(all, scrapeTarget{name: name, url: o.urls[name], token: token, cpus: o.cpus[name], globs: o.globs})
	}
	return all, o.checkNames(env)
}

// tokenOf returns what reads the bearer token of a server, nil if there is none. variable is the value of its variable.
func (o *scrapeOptions) tokenOf(server, variable string) (func() (string, error), error) {
	file := o.tokens[server]
	switch {
	case variable != "" && file != "":
		return nil, fmt.Errorf(`%s and option "scrapeToken" are both set for the server %q; delete one`,
			tokenVariable(server), server)
	case variable != "":
		if err := checkToken(variable); err != nil {
			return nil, fmt.Errorf("%s %w", tokenVariable(server), err)
		}
		return func() (string, error) { return variable, nil }, nil
	case file != "":
		if _, err := readToken(file); err != nil {
			return nil, fmt.Errorf(`option "scrapeToken" of the server %q: %w`, server, err)
		}
		return func() (string, error) { return readToken(file) }, nil
	}
	return nil, nil //nolint:nilnil // most servers require no token
}

// checkNames finds options about servers that are not read.
func (o *scrapeOptions) checkNames(env map[string]string) error {
	for option, names := range map[string][]string{
		"scrapeToken": slices.Collect(maps.Keys(o.tokens)), "scrapeCPUs": slices.Collect(maps.Keys(o.cpus)),
	} {
		for _, name := range names {
			if o.urls[name] == nil {
				return fmt.Errorf(`option %q names the server %q, which option "scrape" lacks; use one name`, option, name)
			}
		}
	}
	known := make(map[string]bool)
	for name := range o.urls {
		known[tokenVariable(name)] = true
	}
	for _, variable := range slices.Sorted(maps.Keys(env)) {
		if strings.HasPrefix(variable, tokenPrefix) && !known[variable] && env[variable] != "" {
			return fmt.Errorf(`%s is set, but option "scrape" has no server of that name`, variable)
		}
	}
	if len(o.globs) > 0 && len(o.urls) == 0 {
		return errors.New(`option "scrapeMetrics" has no effect without option "scrape"; name a server`)
	}
	return nil
}

// tokenVariable is the variable with the bearer token of a server.
func tokenVariable(server string) string { return tokenPrefix + strings.ToUpper(server) }

// readToken reads a bearer token, which can be replaced during the run.
func readToken(file string) (string, error) {
	f, err := os.Open(file) // #nosec G304 -- the user names the file
	if err != nil {
		return "", fmt.Errorf("the file of the token cannot be read: %w", err)
	}
	defer f.Close() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return "", fmt.Errorf("the file of the token cannot be read: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if err := checkToken(token); err != nil {
		return "", fmt.Errorf("the file %s %w", file, err)
	}
	return token, nil
}

// checkToken says what keeps a token from being sent, without the token (RFC 6750 §2.1).
func checkToken(token string) error {
	switch {
	case token == "":
		return errors.New("is empty; write the bearer token into it")
	case len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("is not a bearer token: up to %d printable characters without blanks", maxToken)
	}
	return nil
}
