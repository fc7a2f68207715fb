package runinfo

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

// TestOrigins: of a URL only scheme, host and port are kept.
func TestOrigins(t *testing.T) {
	t.Parallel()
	var o Origins
	assert.Nil(t, o.List())
	longest := "http://" + strings.Repeat("a", maxOrigin-len("http"))
	for _, text := range []string{
		longest, longest + "a",
		"https://User:secret@IdP.example.com/realms/secret/token?key=secret#secret", "https://idp.example.com",
		"http://[::1]:8080/x",
		"https://idp.example.com:8443/token", "/relative", "mailto:somebody", "https:///nowhere",
		"https://" + strings.Repeat("a", maxOrigin) + "/",
	} {
		o.Add(parsed(t, text))
	}
	assert.Equal(t, []string{
		"http://[::1]:8080", longest, "https://idp.example.com", "https://idp.example.com:8443",
	}, o.List())
}

// TestOriginsAreBounded: a script can send requests to as many servers as it likes.
func TestOriginsAreBounded(t *testing.T) {
	t.Parallel()
	for servers, other := range map[int]bool{
		MaxTargets - 1: false, MaxTargets: false, MaxTargets + 1: true,
		10 * MaxTargets: true,
	} {
		var o Origins
		var all sync.WaitGroup
		for i := range servers {
			all.Go(func() { o.Add(&url.URL{Scheme: "https", Host: fmt.Sprint("server-", i)}) })
		}
		all.Wait()
		list := o.List()
		assert.Len(t, list, min(servers, MaxTargets))
		assert.Equal(t, other, list[len(list)-1] == Other, servers)
		assert.LessOrEqual(t, len(*o.known.Load()), MaxTargets+1)
	}
}
