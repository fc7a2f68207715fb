package registration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// maxShown is how many characters of a server's own words an error shows.
const maxShown = 600

// userAgent says to a server's log who asked.
const userAgent = "k6-clientcreds-clients"

// Endpoint is a registration endpoint (RFC 7591 §3).
type Endpoint struct {
	// URL is its address, the registration_endpoint of the server's metadata.
	URL string
	// InitialAccessToken is sent with each registration, unless it is empty.
	InitialAccessToken secret.Text
	// Do sends requests.
	Do oauth.Doer
}

// Response is the server's answer to a registration (RFC 7591 §3.2.1, RFC 7592 §3).
type Response struct {
	ID            string   `json:"client_id"`
	Secret        string   `json:"client_secret"`
	SecretExpires int64    `json:"client_secret_expires_at"` // seconds since 1970; 0 is never
	AuthMethod    string   `json:"token_endpoint_auth_method"`
	GrantTypes    []string `json:"grant_types"`
	Scope         string   `json:"scope"`
	// Manager and URI are the registration access token, and where it manages the client. A server without RFC 7592
	// has none.
	Manager string `json:"registration_access_token"`
	URI     string `json:"registration_client_uri"`
}

// Register registers a client with that metadata. An error is always an *oauth.Error.
func (e *Endpoint) Register(ctx context.Context, metadata map[string]any) (*Response, error) {
	body, err := json.Marshal(metadata)
	if err != nil {
		return nil, &oauth.Error{Code: oauth.CodeClientAuth, Description: "the metadata of the client cannot be encoded"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return nil, &oauth.Error{Code: oauth.CodeClientAuth, Description: "the registration endpoint is not a URL"}
	}
	req.GetBody = nil // not sent twice: each time the server would register a client
	req.Header.Set("Content-Type", "application/json")
	answer, err := e.call(ctx, req, e.InitialAccessToken.Reveal(), "the registration endpoint")
	if err != nil {
		return nil, err
	}
	r := new(Response)
	if json.Unmarshal(answer, r) != nil || r.ID == "" {
		return nil, &oauth.Error{
			Code: oauth.CodeInvalidResponse, Status: http.StatusCreated,
			Description: "the answer has no client_id (RFC 7591 §3.2.1)",
		}
	}
	return r, nil
}

// Delete deletes a client (RFC 7592 §2.3). An error is always an *oauth.Error.
func (e *Endpoint) Delete(ctx context.Context, uri, manager string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, uri, http.NoBody)
	if err != nil {
		return &oauth.Error{Code: oauth.CodeClientAuth, Description: "the registration_client_uri of the client is not a URL"}
	}
	if strings.HasPrefix(e.URL, "https:") && req.URL.Scheme != "https" {
		return &oauth.Error{
			Code:        oauth.CodeClientAuth,
			Description: "the registration_client_uri of the client is not an https URL; the token would go in the clear",
		}
	}
	_, err = e.call(ctx, req, manager, "the client configuration endpoint")
	return err
}

// call sends a request with a token, which is not repeated in an error.
func (e *Endpoint) call(ctx context.Context, req *http.Request, token, endpoint string) ([]byte, error) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	body, err := oauth.Call(ctx, e.Do, req, endpoint)
	if failure := (*oauth.Error)(nil); errors.As(err, &failure) {
		hide := redact.New()
		hide.Token(token)
		failure.Code, failure.Description = hide.String(failure.Code), hide.String(failure.Description)
		failure.Description = oauth.Printable(failure.Description, maxShown) // the end could be half of a token
	}
	return body, err
}

// busy reports whether the server did not take a request and may do so later.
func busy(err *oauth.Error) bool {
	return err.Status == http.StatusTooManyRequests || err.Status == http.StatusServiceUnavailable ||
		err.Code == oauth.CodeConnectionRefused || err.Code == oauth.CodeDNS
}

// mayHaveWorked reports whether the server may have done what a request that failed asked for.
func mayHaveWorked(err *oauth.Error) bool {
	notReceived := []string{oauth.CodeConnectionRefused, oauth.CodeDNS, oauth.CodeTLS}
	switch {
	case err.Unsent(), slices.Contains(notReceived, err.Code):
		return false
	case err.Status == 0:
		return true
	}
	return err.Status < 300 || err.Status >= http.StatusInternalServerError &&
		err.Status != http.StatusServiceUnavailable
}
