package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

type object map[string]any

// Register registers a client, or replaces it.
func (k *Keycloak) Register(t *testing.T, r Registration) Answer {
	t.Helper()
	client, offered := keycloakClient(t, r)
	if !offered { // the endpoint of RFC 7591 says so
		return k.call(t, http.MethodPost, k.Issuer+"/clients-registrations/openid-connect", k.InitialAccessToken(t, 1),
			object{"grant_types": r.GrantTypes, "token_endpoint_auth_method": r.AuthMethod, "jwks": r.JWKS})
	}
	answer := k.call(t, http.MethodPost, k.admin+"/clients", k.adminToken(t), client)
	if answer.Status == http.StatusConflict {
		return k.call(t, http.MethodPut, k.admin+"/clients/"+k.internalID(t, r.ID), k.adminToken(t), client)
	}
	return answer
}

// InitialAccessToken makes an initial access token for that many registrations.
func (k *Keycloak) InitialAccessToken(t *testing.T, registrations int) string {
	t.Helper()
	var initial struct{ Token string }
	k.do(t, http.MethodPost, k.admin+"/clients-initial-access", k.adminToken(t), object{"count": registrations}, &initial)
	require.NotEmpty(t, initial.Token)
	return initial.Token
}

// ClientNames returns the names of the clients that begin like that.
func (k *Keycloak) ClientNames(t *testing.T, beginning string) (names []string) {
	t.Helper()
	var all []struct{ Name string }
	k.do(t, http.MethodGet, k.admin+"/clients", k.adminToken(t), nil, &all)
	for _, client := range all {
		if strings.HasPrefix(client.Name, beginning) {
			names = append(names, client.Name)
		}
	}
	slices.Sort(names)
	return names
}

// SetPolicy changes a policy of registrations, which are anonymous without an initial access token, and authenticated
// with one.
func (k *Keycloak) SetPolicy(t *testing.T, kind, provider string, config map[string]any) {
	t.Helper()
	var all []object
	const policies = "/components?type=org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"
	k.do(t, http.MethodGet, k.admin+policies, k.adminToken(t), nil, &all)
	for _, policy := range all {
		if policy["providerId"] == provider && policy["subType"] == kind {
			policy["config"] = config
			answer := k.call(t, http.MethodPut, fmt.Sprintf("%s/components/%s", k.admin, policy["id"]), k.adminToken(t), policy)
			require.True(t, answer.OK, answer)
			return
		}
	}
	t.Fatalf("Keycloak has no policy %s of %s registrations", provider, kind)
}

// AddScope adds a scope that clients may ask for, whose tokens are for an audience, where it has one.
func (k *Keycloak) AddScope(t *testing.T, name, audience string) {
	t.Helper()
	scope := object{
		"name": name, "protocol": "openid-connect", "attributes": object{"include.in.token.scope": "true"},
	}
	if audience != "" {
		scope["protocolMappers"] = []object{audienceMapper("included.custom.audience", audience)}
	}
	answer := k.call(t, http.MethodPost, k.admin+"/client-scopes", k.adminToken(t), scope)
	require.True(t, answer.OK, answer)
}

// audienceMapper adds an audience to tokens.
func audienceMapper(kind, audience string) object {
	return object{
		"name": "audience", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
		"config": object{kind: audience, "access.token.claim": "true", "introspection.token.claim": "true"},
	}
}

// keycloakClient returns a client in Keycloak's words, and whether Keycloak has its method.
func keycloakClient(t *testing.T, r Registration) (client object, offered bool) {
	t.Helper()
	attributes := object{}
	client = object{
		"clientId": r.ID, "enabled": true, "protocol": "openid-connect", "publicClient": false,
		"serviceAccountsEnabled": true, "standardFlowEnabled": false, "attributes": attributes,
		"optionalClientScopes": strings.Fields(r.Scope),
		// A client may introspect the tokens that are for it only.
		"protocolMappers": []object{audienceMapper("included.client.audience", r.ID)},
	}
	switch r.AuthMethod {
	case "client_secret_basic", "client_secret_post":
		client["clientAuthenticatorType"], client["secret"] = "client-secret", r.Secret
	case "client_secret_jwt":
		client["clientAuthenticatorType"], client["secret"] = "client-secret-jwt", r.Secret
	case "private_key_jwt":
		keys, err := json.Marshal(r.JWKS)
		require.NoError(t, err)
		client["clientAuthenticatorType"] = "client-jwt"
		attributes["use.jwks.string"], attributes["jwks.string"] = "true", string(keys)
		attributes["token.endpoint.auth.signing.alg"] = r.AuthAlg
	case "tls_client_auth":
		client["clientAuthenticatorType"] = "client-x509"
		attributes["x509.subjectdn"] = "CN=" + r.SANDNS // the certificates of the tests have the same name in both places
	default:
		return nil, false
	}
	if r.Lifetime > 0 {
		attributes["access.token.lifespan"] = strconv.Itoa(int(r.Lifetime.Seconds()))
	}
	for name, set := range map[string]bool{
		"tls.client.certificate.bound.access.tokens": r.CertBound,
		"dpop.bound.access.tokens":                   r.DPoPBound,
		"standard.token.exchange.enabled":            r.Exchange,
		"access.token.header.type.rfc9068":           r.TokenFormat == "jwt",
	} {
		if set {
			attributes[name] = "true"
		}
	}
	return client, true
}

// RevokeTokens revokes the tokens that a client was granted before this second.
func (k *Keycloak) RevokeTokens(t *testing.T, clientID string) {
	t.Helper()
	answer := k.call(t, http.MethodPut, k.admin+"/clients/"+k.internalID(t, clientID), k.adminToken(t),
		object{"clientId": clientID, "notBefore": time.Now().Unix()})
	require.True(t, answer.OK, answer)
}

// RotateSigningKey has Keycloak sign tokens with a new key. The former keys stay valid.
func (k *Keycloak) RotateSigningKey(t *testing.T) {
	t.Helper()
	answer := k.call(t, http.MethodPost, k.admin+"/components", k.adminToken(t), object{
		"name": "rotated", "providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider",
		"config": object{"priority": []string{strconv.FormatInt(time.Now().Unix(), 10)}, "algorithm": []string{"RS256"}},
	})
	require.True(t, answer.OK, answer)
}

func (k *Keycloak) internalID(t *testing.T, clientID string) string {
	t.Helper()
	var found []struct{ ID string }
	k.do(t, http.MethodGet, k.admin+"/clients?clientId="+url.QueryEscape(clientID), k.adminToken(t), nil, &found)
	require.Len(t, found, 1, clientID)
	return found[0].ID
}

// call makes a request with a token.
func (k *Keycloak) call(t *testing.T, method, endpoint, token string, body object) Answer {
	t.Helper()
	var refusal struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Message     string `json:"errorMessage"`
	}
	status := k.do(t, method, endpoint, token, body, &refusal)
	if refusal.Description == "" {
		refusal.Description = refusal.Message
	}
	return Answer{status < http.StatusMultipleChoices, status, refusal.Error, refusal.Description}
}

// do makes a request with a token, and returns its status.
func (k *Keycloak) do(t *testing.T, method, endpoint, token string, body object, answer any) int {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), method, endpoint, bytes.NewReader(text))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := k.http.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	if len(text) > 0 {
		require.NoError(t, json.Unmarshal(text, answer), "HTTP %d: %s", resp.StatusCode, text)
	}
	return resp.StatusCode
}

// adminToken returns a token of the administrator that tools/keycloak/install.sh made, whose tokens live for a minute.
func (k *Keycloak) adminToken(t *testing.T) string {
	t.Helper()
	secret, err := os.ReadFile(filepath.Join(k6test.Program(t, "KEYCLOAK_HOME"), "admin-secret"))
	require.NoError(t, err)
	resp, err := k.http.PostForm(k.base+"/realms/master/protocol/openid-connect/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"admin"}, "client_secret": {string(secret)},
	})
	require.NoError(t, err)
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&token))
	require.NotEmpty(t, token.AccessToken, resp.Status)
	k.adminTokens.Add(1)
	return token.AccessToken
}
