package jsmodule

import (
	"errors"
	"strings"

	"go.k6.io/k6/v2/secretsource"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// place is where a secret or a key is that the script does not hold itself. It has one of File,
// Env and Secret, or none.
type place struct {
	File   string // absolute
	Env    string // of k6's process
	Secret string // of k6's secret sources
	Source string // that has Secret
}

func (p *place) given() bool { return *p != place{} }

// options names the options that p was given by.
func (p *place) options() []string {
	var list []string
	for _, option := range []struct{ name, value string }{{"file", p.File}, {"env", p.Env}, {"secret", p.Secret}} {
		if option.value != "" {
			list = append(list, option.name)
		}
	}
	return list
}

// readFile takes what every place can be: a file or an environment variable.
func (p *place) readFile(r *jsoption.Reader) {
	r.File("file", &p.File)
	r.Text("env", &p.Env)
}

func (p *place) read(r *jsoption.Reader) {
	p.readFile(r)
	r.Text("secret", &p.Secret)
	r.Text("source", &p.Source)
	switch {
	case p.Source != "" && p.Secret == "":
		r.Fail("source", "has no use without secret, the name of the secret in that source")
	case p.Secret != "" && p.Source == "":
		p.Source = secretsource.DefaultSourceName
	}
}

// secretOrPlace takes a secret, or an object that says where it is.
func readSecret(r *jsoption.Reader, name string, text *string, from *place) {
	v := r.Get(name)
	switch {
	case v == nil:
	case jsoption.IsObject(v):
		r.Nested(name, v, from.read)
		if !r.Failed() && len(from.options()) != 1 {
			r.Fail(name, "must have one of file, env and secret: the path of a file, the name of an environment variable, or that of a secret in k6's secret sources")
		}
	case jsoption.IsString(v) && v.String() != "":
		*text = v.String()
		checkCredential(r, name, *text)
	default:
		r.Fail(name, "is %s; it must be a non-empty string, or an object with file, env or secret", jsoption.Describe(v))
	}
}

// places reads what is at a place, files past k6's file systems: those are for what belongs into an
// archive of the test, and a secret does not. Errors name the option and what is allowed. They do not hold
// the name of a variable or secret: who mistakes the one for the other gives the secret.
type places struct {
	lookupEnv func(string) (string, bool)
	secrets   *secretsource.Manager // nil where k6 has none
}

// read returns what is at from, a place of option.
func (s *places) read(option string, from place) (string, error) {
	switch {
	case from.File != "":
		text, err := oauth.ReadSecretFile(from.File)
		if err != nil {
			return "", jsoption.Errorf(option+".file", "%w; it must be the path, from the script's folder, of a file to read", err)
		}
		return string(text), nil
	case from.Env != "":
		value, ok := s.lookupEnv(from.Env)
		switch {
		case !ok:
			return "", jsoption.Errorf(option+".env",
				"names no environment variable of the k6 process; it must be set where k6 is started")
		case strings.TrimSpace(value) == "":
			return "", jsoption.Errorf(option+".env", "names an environment variable that is empty; it must have a value")
		}
		return value, nil
	}
	return s.ask(option, from)
}

// ask asks k6's secret sources.
func (s *places) ask(option string, from place) (string, error) {
	const want = "start k6 with --secret-source, such as --secret-source=file=secrets.txt"
	if s.secrets == nil {
		return "", jsoption.Errorf(option+".secret", "cannot be read: no secret sources are configured; %s", want)
	}
	value, err := s.secrets.Get(from.Source, from.Secret)
	var unknown secretsource.UnknownSourceError
	switch {
	case errors.As(err, &unknown):
		return "", jsoption.Errorf(option+".source", "is none of the sources that k6 has; give one that name with --secret-source=file=name=NAME,filename=secrets.txt, or make one the default with --secret-source=file=default,filename=secrets.txt")
	case err != nil && err.Error() == "no secret sources are configured":
		return "", jsoption.Errorf(option+".secret", "cannot be read: %w; %s", err, want)
	case err != nil:
		return "", jsoption.Errorf(option+".secret", "cannot be read: the source says %q; it must be the name of a secret there", err)
	case strings.TrimSpace(value) == "":
		return "", jsoption.Errorf(option+".secret", "names a secret that is empty; it must have a value")
	}
	return value, nil
}

// readSecret is read for a client secret.
func (s *places) readSecret(option string, from place) (string, error) {
	text, err := s.read(option, from)
	if err != nil {
		return "", err
	}
	if from.File != "" {
		text = oauth.TrimSecretFile(text)
	}
	if err := oauth.CheckSecret(text); err != nil {
		return "", jsoption.Errorf(option+"."+from.options()[0], "leads to a secret that %w", err)
	}
	return text, nil
}
