package command

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/project"
)

// advised returns the settings of a load test for the server that was checked, with the doctor's advice.
func (d *doctorCommand) advised(report *doctor.Report) project.Settings {
	s := project.Settings{
		Issuer: d.cfg.Issuer, TokenURL: d.cfg.TokenURL, APIURL: d.cfg.APIURL, ClientID: d.cfg.ClientID,
		Auth: d.cfg.Auth, BasicEncoding: d.cfg.BasicEncoding, KeyFile: d.key.file, CertificateFile: d.certificateFile,
		Scope: strings.Join(d.cfg.Scope, " "), Audience: strings.Join(d.cfg.Audience, " "), DPoP: d.cfg.DPoP,
	}
	if s.APIURL == "" {
		s.APIURL = "https://api.example.com/orders"
	}
	for _, check := range report.Checks {
		switch check.ID {
		case "advice.leeway":
			s.Leeway, _ = check.Data["leeway"].(string)
		case "advice.cache_scope":
			s.CacheScope, _ = check.Data["cache_scope"].(string)
		}
	}
	return s
}

// checkFiles returns an error if an output cannot be written: before anything is sent.
func (d *doctorCommand) checkFiles() error {
	if err := d.result.check(); err != nil {
		return err
	}
	for _, name := range d.write {
		if name == "" || name == standardOutput || strings.HasSuffix(name, "/") {
			return invalidf("--write is %q; it must be a file, such as .env or script.js", name)
		}
		path, err := located(d.gs, name)
		if err != nil {
			return err
		}
		if err := (&output{"--write", path}).check(d.result.force); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles writes the advice of a server that is usable. A name that ends in .js is a script, and any other one the
// environment.
func (d *doctorCommand) writeFiles(report *doctor.Report) error {
	settings := d.advised(report)
	if err := settings.Check(); err != nil {
		return err
	}
	for _, name := range d.write {
		render := project.Environment
		if strings.HasSuffix(name, ".js") {
			render = project.Script
		}
		content, err := render(settings)
		if err != nil {
			return err
		}
		path, err := located(d.gs, name)
		if err != nil {
			return err
		}
		file := []project.File{{Path: filepath.Base(path), Content: content}}
		if err := project.Write(filepath.Dir(path), file, true); err != nil {
			return fmt.Errorf("--write: %w", err)
		}
		if _, err := fmt.Fprintf(d.gs.Stderr, "wrote %s, without the secret\n", name); err != nil {
			return err
		}
	}
	return nil
}
