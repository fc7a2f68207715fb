package redact

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The secrets of thousands of clients are hidden in every form, however many tokens come after them.
func TestSecretsOfMany(t *testing.T) {
	t.Parallel()
	r := New()
	const n = 2000
	secret := func(i int) string { return fmt.Sprintf("secret-of-client.%d", i) }
	for i := range n {
		r.SecretOfMany(fmt.Sprintf("client:%d", i), secret(i))
	}
	r.SecretOfMany("odd", "p@ss w+rd")
	r.SecretOfMany("short", "a+bc")
	for i := range 3 * generation {
		r.Token(fmt.Sprintf("a-token-%d", i))
	}
	assert.Less(t, len(r.secrets), 20, "the others are not searched for one by one")
	for _, i := range []int{0, n / 2, n - 1} {
		for _, text := range []string{
			secret(i), basic(fmt.Sprintf("client:%d:", i) + secret(i)), basic(fmt.Sprintf("client%%3A%d:", i) + secret(i)),
		} {
			assert.Equal(t, "it is "+Mask+", he said", r.String("it is "+text+", he said"), i)
			assert.Equal(t, `in "`+Mask+`"`, r.String(`in "`+text+`"`))
		}
	}
	assert.Equal(t, "x"+Mask+"y", r.String("xp@ss w+rdy"))
	assert.Equal(t, "secret-of-client.x", r.String("secret-of-client.x"))
}

func basic(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
