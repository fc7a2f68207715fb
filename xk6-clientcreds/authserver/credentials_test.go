package authserver

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// statusOf is the status of a token request by client_secret_basic.
func statusOf(t *testing.T, h http.Handler, id, password string) int {
	t.Helper()
	return post("/token", Client{ID: id, Secret: secret.New(password)}, clientCredentials).ask(t, h).status
}

func TestRotatedSecret(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{})
	require.NoError(t, s.RotateSecret(demo.ID, secret.New("another+/%&=:"), 0))
	require.Equal(t, http.StatusUnauthorized, statusOf(t, h, demo.ID, demo.Secret.Reveal()), "at once")
	require.Equal(t, http.StatusOK, statusOf(t, h, demo.ID, "another+/%&=:"))
	require.Equal(t, http.StatusUnauthorized, statusOf(t, h, demo.ID, ""))
}

// The old secret is accepted until the grace is over, and only the one before the new one.
func TestRotatedSecretWithGrace(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, h := offline(t, Config{Clients: []Client{signer()}, Now: clock.now})
	assertion := func(secret string) int {
		return withAssertion(sign(t, jose.HS256, []byte(secret), "", goodClaims(s, clock.now()))).ask(t, h).status
	}
	second, third := "second-"+macSecret, "third-"+macSecret
	require.NoError(t, s.RotateSecret("signer", secret.New(second), time.Minute))
	for _, password := range []string{macSecret, second} {
		require.Equal(t, http.StatusOK, statusOf(t, h, "signer", password))
		require.Equal(t, http.StatusOK, assertion(password))
	}
	require.NoError(t, s.RotateSecret("signer", secret.New(third), time.Minute))
	require.Equal(t, http.StatusUnauthorized, statusOf(t, h, "signer", macSecret))
	require.Equal(t, http.StatusUnauthorized, assertion(macSecret))
	require.Equal(t, http.StatusOK, statusOf(t, h, "signer", second))
	clock.move(time.Minute)
	require.Equal(t, http.StatusUnauthorized, statusOf(t, h, "signer", second))
	require.Equal(t, http.StatusUnauthorized, assertion(second))
	require.Equal(t, http.StatusOK, statusOf(t, h, "signer", third))
	require.Equal(t, http.StatusOK, assertion(third))
}

// Keys and secret of a client are replaced without each other, and a set with both keys is the overlap.
func TestRotatedKeys(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{Clients: []Client{signer()}})
	set := func(algorithms ...jose.SignatureAlgorithm) (set jose.JSONWebKeySet) {
		for _, a := range algorithms {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: assertionKeys()[a].Public()})
		}
		return set
	}
	accepted := func(a jose.SignatureAlgorithm) bool {
		return withAssertion(sign(t, a, assertionKeys()[a], "", goodClaims(s, time.Now()))).ask(t, h).status == http.StatusOK
	}
	require.NoError(t, s.RotateSecret("signer", secret.New("second-"+macSecret), time.Minute))
	require.NoError(t, s.RotateJWKS("signer", set(jose.ES256, jose.ES384)))
	require.True(t, accepted(jose.ES256))
	require.True(t, accepted(jose.ES384))
	require.False(t, accepted(jose.EdDSA))
	require.NoError(t, s.RotateJWKS("signer", set(jose.ES384)))
	require.False(t, accepted(jose.ES256))
	require.True(t, accepted(jose.ES384))
	require.Equal(t, http.StatusOK, statusOf(t, h, "signer", macSecret), "the grace of the secret goes on")
	require.Equal(t, http.StatusOK, statusOf(t, h, "signer", "second-"+macSecret))
}

func TestWrongRotations(t *testing.T) {
	t.Parallel()
	withKeys := signer()
	withKeys.ID, withKeys.Secret = "keys", secret.New("")
	withMAC := Client{ID: "mac", Secret: secret.New(macSecret), AuthMethod: "client_secret_jwt"}
	s, _ := offline(t, Config{Clients: []Client{demo, withKeys, withMAC}, APICheck: CheckIntrospection})
	for message, err := range map[string]error{
		`client "nobody" is not registered`:                                                            s.RotateSecret("nobody", secret.New("secret"), 0),
		`client "` + apiClientID + `" is not registered`:                                               s.RotateSecret(apiClientID, secret.New("secret"), 0),
		`client "demo": the new secret is empty`:                                                       s.RotateSecret("demo", secret.New(""), 0),
		`the secret of client "demo" has characters`:                                                   s.RotateSecret("demo", secret.New("line\n"), 0),
		`authserver: Clients: client "demo": the grace of the old secret is -1s; it must be 0 or more`: s.RotateSecret("demo", secret.New("secret"), -time.Second),
		`client_secret_jwt needs a secret of 32 bytes`:                                                 s.RotateSecret("mac", secret.New("short"), 0),
		`client "keys" has no secret`:                                                                  s.RotateJWKS("keys", jose.JSONWebKeySet{}),
		`key number 1 of the JWK set is not a public RSA, EC`: s.RotateJWKS("demo",
			jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte(macSecret)}}}),
	} {
		require.ErrorContains(t, err, message)
	}
}

// With -race: requests are answered while secrets are replaced, and each is right or wrong as a whole.
func TestRotationWhileRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{})
	var asking sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := statusOf(t, h, demo.ID, demo.Secret.Reveal()); got != http.StatusOK && got != http.StatusUnauthorized {
					t.Errorf("the status is %d", got)
				}
			}
		})
	}
	for range 100 {
		require.NoError(t, s.RotateSecret(demo.ID, secret.New("another-secret"), 0))
		require.NoError(t, s.RotateSecret(demo.ID, demo.Secret, time.Minute))
		require.NoError(t, s.RotateJWKS(demo.ID, signer().JWKS))
	}
	close(stop)
	asking.Wait()
	require.Equal(t, http.StatusOK, statusOf(t, h, demo.ID, demo.Secret.Reveal()))
}
