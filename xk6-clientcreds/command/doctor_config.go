package command

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// configure completes the flags from the environment. Its errors, like the errors of doctor.Run, name variables: see
// named.
func (d *doctorCommand) configure() error {
	for _, s := range d.settings() {
		if s.variable == "" || d.replaced(s) {
			continue
		}
		if err := s.fromEnvironment(d.gs.Env[s.variable]); err != nil {
			return err
		}
	}
	d.cfg.Scope = strings.Fields(d.scope)
	d.cfg.Timeout = time.Duration(d.timeout)
	d.cfg.Proxy = http.ProxyFromEnvironment // as k6 does
	var err error
	if d.cfg.AllowHosts, err = transport.AllowedHosts(lookup(d.gs)); err != nil {
		return err
	}
	if err := d.configureSecret(); err != nil {
		return err
	}
	if err := d.configureKey(); err != nil {
		return err
	}
	return d.checkCounts()
}

// replaced reports whether a flag replaces what the environment has. A flag for one of the two addresses of a server
// replaces both.
func (d *doctorCommand) replaced(s setting) bool {
	if s.variable == "ISSUER" || s.variable == "TOKEN_URL" {
		return d.set.Changed("issuer") || d.set.Changed("token-url")
	}
	return d.set.Changed(s.flag)
}

// named returns err with the flag in place of the variable where the flag was given.
func (d *doctorCommand) named(err error) error {
	wrong := new(doctor.ConfigError)
	if !errors.As(err, &wrong) {
		return err
	}
	return &doctor.ConfigError{Variable: d.nameOf(wrong.Variable), Problem: wrong.Problem}
}

func (d *doctorCommand) nameOf(variable string) string {
	if variable == secretVariable && d.secretOrigin != "" {
		return d.secretOrigin
	}
	for _, s := range d.settings() {
		if s.variable == variable && d.set.Changed(s.flag) {
			return "--" + s.flag
		}
	}
	return variable
}

// configureKey reads key and certificate where they are to be used. Without a file doctor.Run says what is missing.
func (d *doctorCommand) configureKey() (err error) {
	if d.key.file != "" && (d.cfg.AllMethods || d.cfg.Auth == oauth.MethodPrivateKeyJWT) {
		if d.cfg.Key, err = d.key.parse(); err != nil {
			return err
		}
	}
	certified := []string{oauth.MethodPrivateKeyJWT, oauth.MethodTLSClientAuth, oauth.MethodSelfSignedTLSClientAuth}
	if d.certificateFile != "" && (d.cfg.AllMethods || slices.Contains(certified, d.cfg.Auth)) {
		d.cfg.Certificate, err = d.key.certificate(d.certificateFile)
	}
	return err
}

// checkCounts rejects 0, which is the default to doctor.Run.
func (d *doctorCommand) checkCounts() error {
	if d.cfg.VUs < 1 {
		return &doctor.ConfigError{Variable: "VUS", Problem: fmt.Sprintf("is %d; it must be a whole number, 1 or more",
			d.cfg.VUs)}
	}
	if d.cfg.Grants < 1 {
		return &doctor.ConfigError{
			Variable: "--grants",
			Problem:  fmt.Sprintf("is %d; it must be 1 to %d", d.cfg.Grants, doctor.MaxGrants),
		}
	}
	return nil
}
