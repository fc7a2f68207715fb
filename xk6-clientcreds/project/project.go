// Package project writes a folder for load tests: a script for one authorization server, types for the editor,
// dashboards, and a CI workflow. The files hold no secret.
package project

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/shell"
)

// Settings describe the server and the client.
type Settings struct {
	// Issuer is the issuer identifier, or TokenURL the token endpoint.
	Issuer, TokenURL string
	// APIURL is the URL of the API.
	APIURL string
	// ClientID is the client identifier. The secret is not among the settings: the script reads it from the environment.
	ClientID string
	// Auth is the client authentication method, "" for the default.
	Auth string
	// BasicEncoding is the encoding of client_secret_basic, "" for the default.
	BasicEncoding string
	// KeyFile and CertificateFile are the files of methods that use a key or a certificate.
	KeyFile, CertificateFile string
	// Scope and Audience are request parameters, "" for none.
	Scope, Audience string
	// DPoP binds tokens to a key (RFC 9449).
	DPoP bool
	// Leeway and CacheScope are cache options, "" for the defaults.
	Leeway, CacheScope string
	// K6Version, XK6Version and Version are the versions that the CI workflow builds k6 with.
	K6Version, XK6Version, Version string
}

// UsesKey reports whether the client authenticates with a private key.
func (s *Settings) UsesKey() bool { return s.Auth == "private_key_jwt" }

// UsesCertificate reports whether the client authenticates with a certificate.
func (s *Settings) UsesCertificate() bool {
	return s.Auth == "tls_client_auth" || s.Auth == "self_signed_tls_client_auth"
}

// Check returns an error if a URL cannot be used, or has a part that can hold a secret.
func (s *Settings) Check() error {
	for _, v := range []struct{ name, value string }{
		{"ISSUER", s.Issuer}, {"TOKEN_URL", s.TokenURL}, {"API_URL", s.APIURL},
	} {
		if v.value == "" {
			continue
		}
		switch u, err := url.Parse(v.value); {
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			return fmt.Errorf("%s must be an absolute http or https URL", v.name)
		case u.User != nil:
			return fmt.Errorf("%s has a user name or a password, which would be in the files: remove it", v.name)
		}
	}
	return nil
}

// File is a file of the project.
type File struct {
	// Path is relative to the project's folder, with slashes.
	Path    string
	Content []byte
}

// Entry describes a file of the project, or a folder.
type Entry struct{ Path, About string }

//go:embed templates
var templates embed.FS

// Script returns the load test.
func Script(s Settings) ([]byte, error) { return render("load-test.js.tmpl", &s) }

// Environment returns the environment of the load test, with an empty secret.
func Environment(s Settings) ([]byte, error) { return render("env.example.tmpl", &s) }

// The files of a project: rendered from templates, and copied.
var (
	rendered = []struct{ path, template, about string }{
		{"load-test.js", "load-test.js.tmpl", "the load test, with its thresholds"},
		{".env.example", "env.example.tmpl", "the environment, without the secret"},
		{"README.md", "README.md.tmpl", "what to do with these files"},
		{".gitignore", "gitignore", "keeps .env and results out of Git"},
		{"package.json", "package.json", "types for the editor, after npm install"},
		{"jsconfig.json", "jsconfig.json", "how the editor checks the script"},
		{"rules.yml", "rules.yml", "rules to compare two versions"},
		{"docker-compose.yml", "docker-compose.yml", "Prometheus and Grafana"},
		{".github/workflows/load-test.yml", "load-test.yml.tmpl", "the CI workflow"},
	}
	copied = []struct{ from, to, about string }{
		{"index.d.ts", "types/clientcreds.d.ts", "the types of k6/x/clientcreds"},
		{"dashboards", "monitoring", "dashboards, alerts, and their configuration"},
	}
)

// Contents describes the files of a project.
func Contents() []Entry {
	var list []Entry
	for _, r := range rendered {
		list = append(list, Entry{r.path, r.about})
	}
	for _, c := range copied {
		list = append(list, Entry{c.to, c.about})
	}
	return list
}

// Files returns the files of a project. shared has the files of the extension: dashboards and types.
func Files(s Settings, shared fs.FS) ([]File, error) {
	var list []File
	for _, r := range rendered {
		content, err := render(r.template, &s)
		if err != nil {
			return nil, err
		}
		list = append(list, File{r.path, content})
	}
	for _, c := range copied {
		more, err := copies(shared, c.from, c.to)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// copies returns the files at from as files at to.
func copies(shared fs.FS, from, to string) ([]File, error) {
	var list []File
	err := fs.WalkDir(shared, from, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(p, "_test.yml") {
			return err
		}
		content, err := fs.ReadFile(shared, p)
		list = append(list, File{path.Join(to, strings.TrimPrefix(p, from)), content})
		return err
	})
	return list, err
}

// ErrExists is the error of a file that is not overwritten.
var ErrExists = errors.New("the file exists")

// CheckNew returns an error that wraps ErrExists if there is one of the files below dir already.
func CheckNew(dir string, paths ...string) error {
	for _, p := range paths {
		name := filepath.Join(dir, filepath.FromSlash(p))
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s: %w", name, ErrExists)
		}
	}
	return nil
}

// Write writes the files below dir. Unless force is set, it overwrites nothing: see CheckNew. If a file cannot be
// written, the files and folders that Write has made are removed.
func Write(dir string, list []File, force bool) (err error) {
	if !force {
		for _, f := range list {
			if err := CheckNew(dir, f.Path); err != nil {
				return err
			}
		}
	}
	var made []string
	defer func() {
		if err != nil {
			for _, name := range slices.Backward(made) {
				err = errors.Join(err, os.Remove(name))
			}
		}
	}()
	for _, f := range list {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if made, err = makeFolder(filepath.Dir(name), made); err != nil {
			return err
		}
		_, missing := os.Lstat(name)
		if err := outfile.Write(name, f.Content, 0o644); err != nil {
			return err
		}
		if missing != nil {
			made = append(made, name)
		}
	}
	return nil
}

// makeFolder makes a folder with its parents, and adds those that it made.
func makeFolder(name string, made []string) ([]string, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return made, nil
	}
	made, err := makeFolderOf(name, made)
	if err != nil {
		return made, err
	}
	if err := os.Mkdir(name, 0o755); err != nil { // #nosec G301 -- no secret is in it
		return made, err
	}
	return append(made, name), nil
}

// makeFolderOf makes the folder that name is in.
func makeFolderOf(name string, made []string) ([]string, error) {
	parent := filepath.Dir(name)
	if parent == name {
		return made, nil
	}
	return makeFolder(parent, made)
}

// render executes a template. A file without the extension .tmpl is returned as it is.
func render(name string, s *Settings) ([]byte, error) {
	text, err := templates.ReadFile("templates/" + name)
	if err != nil || !strings.HasSuffix(name, ".tmpl") {
		return text, err
	}
	t, err := template.New(name).Funcs(template.FuncMap{"js": quoteJS, "sh": shell.Quote}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, s)
	return b.Bytes(), err
}

// quoteJS returns a JavaScript string, in single quotes where it can be.
func quoteJS(text string) (string, error) {
	encoded, err := json.Marshal(text)
	if err != nil || slices.ContainsFunc([]byte(text),
		func(c byte) bool { return c == '\'' || c == '\\' || c == '"' || c < ' ' }) {
		return string(encoded), err
	}
	return "'" + text + "'", nil
}
