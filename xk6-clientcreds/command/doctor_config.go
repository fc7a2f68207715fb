package command

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// configure completes the flags by the environment.
func (d *doctorCommand) configure() error {
	// A flag for one of both addresses replaces what the environment has of either.
	if !d.set.Changed("issuer") && !d.set.Changed("token-url") {
		d.cfg.Issuer, d.cfg.TokenURL = d.gs.Env["ISSUER"], d.gs.Env["TOKEN_URL"]
	}
	for flag, v := range map[string]struct {
		value *string
		name  string
	}{
		"client-id":       {&d.cfg.ClientID, "CLIENT_ID"},
		"scope":           {&d.scope, "SCOPE"},
		"auth":            {&d.cfg.Auth, "AUTH"},
		"basic-encoding":  {&d.cfg.BasicEncoding, "BASIC_ENCODING"},
		"client-key-file": {&d.key.file, "CLIENT_KEY_FILE"},
		"key-alg":         {&d.key.algorithm, "KEY_ALG"},

		"client-certificate-file": {&d.certificateFile, "CLIENT_CERTIFICATE_FILE"},
		"key-id":                  {&d.key.id, "KEY_ID"},
		"api-url":                 {&d.cfg.APIURL, "API_URL"},
		"assertion-audience":      {&d.cfg.AssertionAudience, "ASSERTION_AUDIENCE"},
		"introspection-url":       {&d.cfg.IntrospectionURL, "INTROSPECTION_URL"},
	} {
		if !d.set.Changed(flag) {
			*v.value = d.gs.Env[v.name]
		}
	}
	for flag, v := range map[string]struct {
		values *[]string
		name   string
	}{
		"audience": {&d.cfg.Audience, "AUDIENCE"},
		"resource": {&d.cfg.Resource, "RESOURCE"},
	} {
		if value := d.gs.Env[v.name]; value != "" && !d.set.Changed(flag) {
			*v.values = []string{value}
		}
	}
	d.cfg.Scope = strings.Fields(d.scope)
	d.cfg.Timeout = time.Duration(d.timeout)
	d.cfg.Proxy = http.ProxyFromEnvironment // as k6 does
	if err := d.configureSecret(); err != nil {
		return err
	}
	if err := d.configureKey(); err != nil {
		return err
	}
	if err := d.configureDPoP(); err != nil {
		return err
	}
	return d.configureCounts()
}

// configureDPoP reads what the scripts read.
func (d *doctorCommand) configureDPoP() error {
	value := d.gs.Env["DPOP"]
	if d.set.Changed("dpop") || value == "" {
		return nil
	}
	if value != "true" && value != "false" {
		return fmt.Errorf("DPOP is %q: it must be true or false", value)
	}
	d.cfg.DPoP = value == "true"
	return nil
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

// configureCounts holds the numbers to what is allowed: 0 would be the default to doctor.Run.
func (d *doctorCommand) configureCounts() error {
	if text := d.gs.Env["VUS"]; text != "" && !d.set.Changed("vus") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("VUS is %q: it must be a whole number, 1 or more", text)
		}
		d.cfg.VUs = n
	}
	if d.cfg.VUs < 1 {
		return fmt.Errorf("VUS is %d: it must be a whole number, 1 or more", d.cfg.VUs)
	}
	if d.cfg.Grants < 1 {
		return fmt.Errorf("--grants is %d: it must be 1 to %d", d.cfg.Grants, doctor.MaxGrants)
	}
	return nil
}
