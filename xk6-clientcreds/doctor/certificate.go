package doctor

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// soonExpired is the rest of a certificate's life that makes it a warning.
const soonExpired = 14 * 24 * time.Hour

// judge verifies the chain that a server showed (RFC 5280 §6).
func (e *run) judge(chain []*x509.Certificate, host string, now time.Time) Result {
	r := Result{ID: "connection.certificate", Status: OK}
	leaf := chain[0] // a server that has none ends the handshake
	subjects := make([]string, len(chain))
	intermediates := x509.NewCertPool()
	for i, c := range chain {
		subjects[i] = c.Subject.String()
		if i > 0 {
			intermediates.AddCert(c)
		}
	}
	r.Data = map[string]any{
		"subjects": subjects, "issuer": leaf.Issuer.String(),
		"not_after": leaf.NotAfter.UTC().Format(time.RFC3339), "chain_length": len(chain),
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		DNSName: host, Roots: e.cfg.RootCAs, Intermediates: intermediates,
		CurrentTime: now,
	})
	if err != nil {
		e.broken = true // credentials go over no such connection
		r.Status, r.Summary, r.Hint = Failed, certificateText(err, leaf, now), certificateHint(err, leaf, now)
		return r
	}
	left := leaf.NotAfter.Sub(now)
	r.Summary = fmt.Sprintf("%s, by %s, %d in the chain, %s left", leaf.Subject, leaf.Issuer, len(chain), days(left))
	if left < soonExpired {
		r.Status, r.Hint = Warning, "have the certificate renewed before a long test"
	}
	return r
}

func certificateText(err error, leaf *x509.Certificate, now time.Time) string {
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Sprintf("the certificate of %s expired on %s", leaf.Subject, leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return fmt.Sprintf("the certificate of %s is valid only from %s on", leaf.Subject,
			leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	return err.Error()
}

func certificateHint(err error, leaf *x509.Certificate, now time.Time) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case now.After(leaf.NotAfter):
		return "have the certificate renewed"
	case now.Before(leaf.NotBefore):
		return "check the clock of this machine"
	case errors.As(err, &authority):
		return "SSL_CERT_FILE names a file of the CA to trust; a server must send its intermediate certificates"
	case errors.As(err, &host):
		return "use a host name that is in the certificate"
	}
	return ""
}

func days(d time.Duration) string {
	if d < 48*time.Hour {
		return short(d)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
