package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// Names that RFC 4514 §4 and others write differently are the same, and so are those that RFC 5280 §7.1
// compares as equal.
func TestDistinguishedNames(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"UID=jsmith,DC=example,DC=net", "uid = jsmith , dc=example, DC=net"},
		{"OU=Sales+CN=J. Smith,DC=example,DC=net", "cn=J. Smith+OU=Sales,DC=example,DC=net"},
		{`CN=James \"Jim\" Smith\, III,DC=example`, `CN=James \22Jim\22 Smith\2C III,DC=example`},
		{`CN=Lu\C4\8Di\C4\87`, "CN=Lučić"},
		{`CN=a\`, `CN=a\`},
		{"CN=James  Smith,O=EXAMPLE", "cn=james smith,o=Example"},
		{`CN=\ a\20,O=b`, "CN=a,O=b"},
		{"2.5.4.3=a", "CN=a"},
		{"1.3.6.1.4.1.1466.0=#04024869,O=Test", "1.3.6.1.4.1.1466.0=#04024869,o=test"}, // RFC 4514 §4
		{"1.2.3=#13026869", "1.2.3=Hi"},
	} {
		require.Equal(t, canonicalName(same[0]), canonicalName(same[1]))
	}
	for _, other := range []string{
		"CN=a", "CN=a,O=c", "O=b,CN=a", "CN=a+O=b", "CN=a a,O=b", "CN=#13,O=b", `CN=a\,O=b`,
		"",
	} {
		require.NotEqual(t, canonicalName("CN=a,O=b"), canonicalName(other))
	}
	pair := testkit.SelfSigned(t, testkit.NewKey(t, "ES256"), func(c *x509.Certificate) {
		c.Subject = pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: []int{0, 9, 2342, 19200300, 100, 1, 25}, Value: "net"},
			{Type: []int{2, 5, 4, 3}, Value: " a, b "},
			{Type: []int{2, 5, 4, 10}, Value: "O"},
			{Type: []int{1, 2, 3}, Value: "x"},
		}}
	})
	require.Equal(t, `1.2.3=x,O=O,CN=\ a\, b\ ,DC=net`, Subject(pair.Leaf))
	require.True(t, HasSubject(pair.Leaf, `1.2.3=x, o=O, cn=\ a\, b\ , dc=net`))
	require.False(t, HasSubject(pair.Leaf, `O=O,CN=\ a\, b\ ,DC=net`))
}
