package command

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/registration"
)

func (r *clientsRegister) journal(ctx context.Context, do oauth.Doer) (*registration.Journal, error) {
	if r.resume {
		return r.resumed()
	}
	if _, err := os.Lstat(r.output + journalSuffix); err == nil {
		return nil, invalidf("%s%s exists: clients were registered already; go on with --resume, or delete them with "+
			"`clients delete %s`", r.output, journalSuffix, r.output)
	}
	if _, err := os.Lstat(r.output); err == nil && !r.force {
		return nil, invalidf("%s exists; choose another name, or overwrite it with --force", r.output)
	}
	s, err := r.complete(ctx, do)
	if err != nil {
		return nil, err
	}
	journal, err := registration.NewJournal(r.output+journalSuffix, s)
	if errors.Is(err, fs.ErrExist) {
		return nil, invalidf("%s%s exists; another process is using it", r.output, journalSuffix)
	}
	if err != nil {
		return nil, invalidf("%s%s: %w", r.output, journalSuffix, err)
	}
	return journal, nil
}

func (r *clientsRegister) resumed() (*registration.Journal, error) {
	journal, err := openJournal(r.output)
	if err != nil {
		return nil, err
	}
	given, s := &r.settings, &journal.Settings
	for flag, values := range map[string][2]string{
		"issuer":                  {given.Issuer, s.Issuer},
		"registration-url":        {given.Endpoint, s.Endpoint},
		"auth":                    {given.Template.Auth, s.Template.Auth},
		"scope":                   {given.Template.Scope, s.Template.Scope},
		"name":                    {given.Template.Name, s.Template.Name},
		"key-alg":                 {given.Template.KeyAlgorithm, s.Template.KeyAlgorithm},
		"client-key-file":         {given.Template.KeyFile, s.Template.KeyFile},
		"client-certificate-file": {given.Template.CertificateFile, s.Template.CertificateFile},
		"ca-file":                 {given.Template.CAFile, s.Template.CAFile},
	} {
		if r.set.Changed(flag) && values[0] != values[1] {
			return nil, errors.Join(invalidf("--%s is %q, but the clients of %s%s were registered with %q; all clients of a "+
				"file have the same settings", flag, values[0], r.output, journalSuffix, values[1]), journal.Close())
		}
	}
	return journal, nil
}

func (r *clientsRegister) complete(ctx context.Context, do oauth.Doer) (registration.Settings, error) {
	s := r.settings
	if s.Template.Name == "" {
		s.Template.Name = "k6-" + strings.ToLower(rand.Text()[:8])
	}
	if oauth.Printable(s.Template.Name, 100) != s.Template.Name {
		return s, invalidf("--name must be one line of 100 characters at most")
	}
	if !r.set.Changed("scope") {
		s.Template.Scope = r.gs.Env["SCOPE"]
	}
	if !r.set.Changed("auth") && r.gs.Env["AUTH"] != "" {
		s.Template.Auth = r.gs.Env["AUTH"]
	}
	if err := r.readMetadata(&s.Template); err != nil {
		return s, err
	}
	if err := s.Template.Prepare(); err != nil {
		return s, invalid(err)
	}
	if !r.set.Changed("issuer") && !r.set.Changed("registration-url") {
		s.Issuer, s.Endpoint = r.gs.Env["ISSUER"], r.gs.Env["REGISTRATION_URL"]
	}
	if s.Endpoint != "" {
		return s, checkEndpoint(s.Endpoint)
	}
	return r.discover(ctx, do, s)
}

func (r *clientsRegister) discover(
	ctx context.Context, do oauth.Doer, s registration.Settings,
) (registration.Settings, error) {
	if s.Issuer == "" {
		return s, invalidf("no server is configured; set ISSUER or REGISTRATION_URL, or the flag of that name")
	}
	if err := oauth.CheckIssuer(s.Issuer); err != nil {
		return s, invalidf("ISSUER: %w", err)
	}
	metadata, err := oauth.Discover(ctx, do, s.Issuer)
	if err != nil {
		return s, err
	}
	if metadata.RegistrationEndpoint == "" {
		return s, errors.New("the metadata of the issuer have no registration_endpoint; enable registration at the " +
			"server, or set REGISTRATION_URL")
	}
	if err := metadata.CheckEndpoint("registration_endpoint", metadata.RegistrationEndpoint); err != nil {
		return s, err
	}
	s.Endpoint = metadata.RegistrationEndpoint
	return s, nil
}

func checkEndpoint(address string) error {
	if err := oauth.CheckIssuer(address); err != nil { // the same kinds of URL are usable
		return invalidf("REGISTRATION_URL must be an http or https URL without query and fragment")
	}
	return nil
}

func (r *clientsRegister) readMetadata(t *registration.Template) error {
	if r.metadata == "" {
		return nil
	}
	text, err := readSmall(r.gs.FS, r.metadata)
	if err != nil {
		return invalidf("--metadata: %w", err)
	}
	if json.Unmarshal(text, &t.Metadata) != nil || t.Metadata == nil {
		return invalidf("--metadata: %s must be a JSON object with client metadata (RFC 7591 §2)", r.metadata)
	}
	return nil
}
