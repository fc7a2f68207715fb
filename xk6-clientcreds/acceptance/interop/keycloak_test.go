package interop

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// shared holds what the tests of this package have in common: certificates, and a Keycloak that knows their CA,
// because it takes longer to start than most of the tests.
var shared struct {
	dir                string
	certs              servers.ClientCertificates
	keycloak           *servers.Keycloak
	makeCerts, startKC sync.Once
}

func TestMain(m *testing.M) {
	var err error
	if shared.dir, err = os.MkdirTemp("", "interop"); err != nil {
		panic(err)
	}
	code := m.Run()
	if shared.keycloak != nil {
		shared.keycloak.Kill()
	}
	_ = os.RemoveAll(shared.dir)
	os.Exit(code)
}

// sharedCertificates returns the certificates of all tests.
func sharedCertificates(t *testing.T) servers.ClientCertificates {
	t.Helper()
	shared.makeCerts.Do(func() { shared.certs = servers.NewClientCertificatesIn(t, shared.dir) })
	return shared.certs
}

// sharedKeycloak returns the Keycloak of all tests.
func sharedKeycloak(t *testing.T) *servers.Keycloak {
	t.Helper()
	certs := sharedCertificates(t)
	shared.startKC.Do(func() {
		k := servers.StartKeycloak(t, filepath.Join(shared.dir, "keycloak"), certs.CA)
		k.AddScope(t, interopScope, "")
		k.AddScope(t, orders, interopResource)
		shared.keycloak = k
	})
	require.NotNil(t, shared.keycloak, "Keycloak has not started: see the first test that needs it")
	return shared.keycloak
}

// orders is a scope whose tokens are for interopResource.
const orders = "orders"

// keycloakCounterpart knows audiences as scopes.
func keycloakCounterpart(t *testing.T, certs servers.ClientCertificates, clients []servers.Registration) counterpart {
	t.Helper()
	k := sharedKeycloak(t)
	server := counterpart{
		issuer: k.Issuer, tokenURL: k.Token, caFile: certs.CA.CAFile, takes: forIssuer,
		jwt:     clientOptions{"scope": interopScope + " " + orders},
		unknown: make(map[string]servers.Answer),
	}
	for _, r := range clients {
		r.Scope = interopScope + " " + orders
		if answer := k.Register(t, r); answer.Status >= http.StatusMultipleChoices {
			server.unknown[r.ID] = answer
		}
	}
	return server
}
