package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// Clocks that differ by two seconds are tolerated, as APIs do.
func TestClocks(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		here    time.Time // when the answer came
		want    Status
		summary string
	}{
		"the same second":        {date.Add(time.Second), OK, "the server's clock agrees, to the second"},
		"two seconds ahead":      {date.Add(-2 * time.Second), OK, "the server's clock is 2s ahead"},
		"more than two ahead":    {date.Add(-2*time.Second - 20*time.Millisecond), Warning, "the server's clock is 2.02s ahead"},
		"two seconds behind":     {date.Add(3 * time.Second), OK, "the server's clock is 2s behind"},
		"more than two behind":   {date.Add(3020 * time.Millisecond), Warning, "the server's clock is 2.02s behind"},
		"a little of the future": {date.Add(-time.Millisecond), OK, "the server's clock is 1ms ahead"},
	} {
		e := &run{answered: &roundTrip{
			header: http.Header{"Date": {date.Format(http.TimeFormat)}}, sent: c.here, received: c.here,
		}}
		r := e.checkDate()
		assert.Equal(t, c.want, r.Status, name)
		assert.Equal(t, c.summary, r.Summary, name)
	}
}

// A token of the future is tolerated for as long.
func TestTokensOfTheFuture(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	e := &run{first: &roundTrip{received: now}}
	for ahead, c := range map[time.Duration]struct {
		want    Status
		summary string
	}{
		-time.Second: {OK, "the token was issued in the past of this machine's clock"},
		0:            {OK, "the token was issued in the past of this machine's clock"},
		time.Second:  {OK, "the token was issued 1s in the future of this machine's clock, which is tolerable"},
		toleratedSkew: {
			OK, "the token was issued 2s in the future of this machine's clock, which is tolerable",
		},
		3 * time.Second: {Warning, "the token was issued 3s in the future of this machine's clock"},
	} {
		r := e.checkIat(now.Add(ahead))
		assert.Equal(t, c.want, r.Status, ahead)
		assert.Equal(t, c.summary, r.Summary, ahead)
	}
}

// Two weeks before they expire, certificates are good without a warning, of servers and of clients.
func TestCertificatesThatExpireSoon(t *testing.T) {
	t.Parallel()
	pair := testkit.SelfSigned(t, testkit.Key(t, "ES256"), func(c *x509.Certificate) {
		c.NotBefore = time.Now().Add(-time.Hour)
		c.NotAfter = time.Now().Add(365 * 24 * time.Hour)
		c.DNSNames = []string{"idp.example"}
	})
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	own, err := oauth.ParseClientCertificate(testkit.CertificatePEM(pair), testkit.KeyPEM(t, pair.PrivateKey))
	require.NoError(t, err)
	e := &run{cfg: Config{RootCAs: roots, Certificate: own}, method: method{certified: true}}
	for left, want := range map[time.Duration]Status{
		soonExpired: OK, soonExpired - time.Second: Warning, -time.Second: Failed,
	} {
		now := pair.Leaf.NotAfter.Add(-left)
		assert.Equal(t, want, e.judge([]*x509.Certificate{pair.Leaf}, "idp.example", now).Status, left)
		if want == Failed {
			want = Warning // the server may take it
		}
		shown := e.checkShown(&tls.CertificateRequestInfo{}, now)
		assert.Equal(t, want, shown[0].Status, left)
	}
	for left, want := range map[time.Duration]string{
		48*time.Hour - time.Minute: "47h59m", 48 * time.Hour: "2 days", 95 * time.Hour: "3 days",
	} {
		assert.Equal(t, want, days(left))
	}
}
