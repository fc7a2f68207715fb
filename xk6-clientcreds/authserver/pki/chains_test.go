package pki

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// The memory of a chain lasts no longer than the chain, and is bounded.
func TestChainsAreRemembered(t *testing.T) {
	t.Parallel()
	authority := func(name string, lifetime time.Duration) func(c *x509.Certificate) {
		return func(c *x509.Certificate) {
			*c = x509.Certificate{
				Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(lifetime),
				IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
			}
		}
	}
	issued := func(issuer *tls.Certificate, change func(*x509.Certificate)) *tls.Certificate {
		return testkit.Certificate(t, issuer, testkit.NewKey(t, "ES256"), change)
	}
	client := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-12*time.Hour), time.Now().Add(12*time.Hour)
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	ca := issued(nil, authority("root", 24*time.Hour))
	between := issued(ca, authority("between", time.Hour))
	own := issued(between, client)
	chains := Chains{Roots: x509.NewCertPool()}
	chains.Roots.AddCert(ca.Leaf)
	now, alone := time.Now(), []*x509.Certificate{own.Leaf}
	require.ErrorIs(t, chains.Check(alone, now), ErrAuthority,
		"a CA between is missing, and a failure is not remembered")
	require.NoError(t, chains.Check([]*x509.Certificate{own.Leaf, between.Leaf}, now))
	require.NoError(t, chains.Check(alone, now), "it is known by now")
	require.ErrorIs(t, chains.Check(alone, now.Add(2*time.Hour)), ErrAuthority, "the CA between has expired")
	require.ErrorIs(t, chains.Check(alone, ca.Leaf.NotBefore.Add(-time.Second)), ErrAuthority)

	for n := range maxChains - 1 {
		chains.good[[32]byte{byte(n), byte(n >> 8), 1}] = validity{}
	}
	other := issued(ca, client)
	require.NoError(t, chains.Check([]*x509.Certificate{other.Leaf}, now))
	require.Len(t, chains.good, 1)
}
