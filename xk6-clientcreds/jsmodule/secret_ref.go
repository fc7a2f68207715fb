package jsmodule

import (
	"errors"
	"strings"

	"go.k6.io/k6/v2/secretsource"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// secretRef refers to a secret or a key that the script does not contain. It has one of File, Env and Secret, or none.
type secretRef struct {
	File   string // absolute
	Env    string // of k6's process
	Secret string // of k6's secret sources
	Source string // that has Secret
}

func (p *secretRef) given() bool { return *p != secretRef{} }

// options returns the names of the options that give p.
func (p *secretRef) options() []string {
	var list []string
	for _, option := range []struct{ name, value string }{{"file", p.File}, {"env", p.Env}, {"secret", p.Secret}} {
		if option.value != "" {
			list = append(list, option.name)
		}
	}
	return list
}

// readFile reads a reference to a file or an environment variable.
func (p *secretRef) readFile(r *jsoption.Reader) {
	r.File("file", &p.File)
	r.Text("env", &p.Env)
}

func (p *secretRef) read(r *jsoption.Reader) {
	p.readFile(r)
	r.Text("secret", &p.Secret)
	r.Text("source", &p.Source)
	switch {
	case p.Source != "" && p.Secret == "":
		r.Fail("source", "has no effect without secret, the name of the secret in that source")
	case p.Secret != "" && p.Source == "":
		p.Source = secretsource.DefaultSourceName
	}
}

// readSecret reads a secret, or a reference to one.
func readSecret(r *jsoption.Reader, name string, text *secret.Text, from *secretRef) {
	v := r.Get(name)
	switch {
	case v == nil:
	case jsoption.IsObject(v):
		r.Nested(name, v, from.read)
		if !r.Failed() && len(from.options()) != 1 {
			r.Fail(name, "must have one of file, env and secret: the path of a file, the name of an environment variable, or "+
				"the name of a secret in k6's secret sources")
		}
	case jsoption.IsString(v) && v.String() != "":
		*text = secret.New(v.String())
		checkCredential(r, name, v.String())
	default:
		r.Fail(name, "is %s; it must be a non-empty string, or an object with file, env or secret", jsoption.Describe(v))
	}
}

// secretReader reads what a secretRef refers to. It bypasses k6's file systems, whose files become part of an archive
// of the test. Errors name the option and what is allowed, but not the variable or secret: users sometimes pass the
// secret where its name belongs.
type secretReader struct {
	lookupEnv func(string) (string, bool)
	secrets   *secretsource.Manager // nil where k6 has none
}

// read returns what from, the value of option, refers to.
func (s *secretReader) read(option string, from secretRef) (secret.Text, error) {
	switch {
	case from.File != "":
		text, err := oauth.ReadSecretFile(from.File)
		if err != nil {
			return secret.Text{}, jsoption.Errorf(option+".file",
				"%w; it must be the path, from the script's folder, of a file to read", err)
		}
		return secret.New(string(text)), nil
	case from.Env != "":
		value, ok := s.lookupEnv(from.Env)
		switch {
		case !ok:
			return secret.Text{}, jsoption.Errorf(option+".env",
				"is not the name of an environment variable of the k6 process; set the variable where k6 is started")
		case strings.TrimSpace(value) == "":
			return secret.Text{}, jsoption.Errorf(option+".env",
				"names an environment variable that is empty; it must have a value")
		}
		return secret.New(value), nil
	}
	return s.ask(option, from)
}

// ask asks k6's secret sources.
func (s *secretReader) ask(option string, from secretRef) (secret.Text, error) {
	const want = "start k6 with --secret-source, such as --secret-source=file=secrets.txt"
	if s.secrets == nil {
		return secret.Text{}, jsoption.Errorf(option+".secret", "cannot be read: no secret sources are configured; %s", want)
	}
	value, err := s.secrets.Get(from.Source, from.Secret)
	var unknown secretsource.UnknownSourceError
	switch {
	case errors.As(err, &unknown):
		return secret.Text{}, jsoption.Errorf(option+".source",
			"is not a secret source of k6; name one so with --secret-source=file=name=NAME,filename=secrets.txt, or make one "+
				"the default with --secret-source=file=default,filename=secrets.txt")
	case err != nil && err.Error() == "no secret sources are configured":
		return secret.Text{}, jsoption.Errorf(option+".secret", "cannot be read: %w; %s", err, want)
	case err != nil:
		return secret.Text{}, jsoption.Errorf(option+".secret",
			"cannot be read: the source says %q; it must be the name of a secret there", err)
	case strings.TrimSpace(value) == "":
		return secret.Text{}, jsoption.Errorf(option+".secret", "names a secret that is empty; it must have a value")
	}
	return secret.New(value), nil
}

// readSecret is read for a client secret.
func (s *secretReader) readSecret(option string, from secretRef) (secret.Text, error) {
	text, err := s.read(option, from)
	if err != nil {
		return secret.Text{}, err
	}
	if from.File != "" {
		text = secret.New(oauth.TrimSecretFile(text.Reveal()))
	}
	if err := oauth.CheckSecret(text.Reveal()); err != nil {
		return secret.Text{}, jsoption.Errorf(option+"."+from.options()[0], "leads to a secret that %w", err)
	}
	return text, nil
}
