package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// server stands for an authorization server with one client, "demo" with the secret "s3cr3t".
func server() *httptest.Server {
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":%q}`, s.URL, s.URL+"/token")
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if id, secret, _ := r.BasicAuth(); id != "demo" || secret != "s3cr3t" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"no such client, or a wrong secret"}`))
			return
		}
		_, _ = fmt.Fprintf(w, `{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"bearer","expires_in":3600,"scope":%q}`,
			r.FormValue("scope"))
	})
	return s
}

// A grant at a token endpoint that is known.
func Example() {
	idp := server()
	defer idp.Close()

	client, err := oauth.NewClient(oauth.Config{
		TokenURL: idp.URL + "/token",
		ClientID: "demo",
		Auth:     oauth.ClientSecretBasic("demo", "s3cr3t", oauth.BasicForm),
		Scope:    []string{"orders.read"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := client.Token(context.Background(), idp.Client().Transport.RoundTrip)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Authorization(), token.ExpiresIn, token.Scope)
	// Output: Bearer 2YotnFZFEjr1zCsicMWpAA 1h0m0s orders.read
}

// Every failure is an *Error that says what it was and whether to try again.
func ExampleError() {
	idp := server()
	defer idp.Close()

	client, err := oauth.NewClient(oauth.Config{
		TokenURL: idp.URL + "/token",
		ClientID: "demo",
		Auth:     oauth.ClientSecretBasic("demo", "wrong", oauth.BasicForm),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Token(context.Background(), idp.Client().Transport.RoundTrip)
	var failure *oauth.Error
	if errors.As(err, &failure) {
		fmt.Println(failure)
		fmt.Println(failure.Code, failure.Status, failure.Retryable())
	}
	// Output:
	// invalid_client (HTTP 401): no such client, or a wrong secret
	// invalid_client 401 false
}

// The token endpoint of an issuer is found by its metadata.
func ExampleDiscover() {
	idp := server()
	defer idp.Close()

	metadata, err := oauth.Discover(context.Background(), idp.Client().Transport.RoundTrip, idp.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(metadata.TokenEndpoint == idp.URL+"/token", metadata.TokenEndpointAuthMethods)
	// Output: true [client_secret_basic]
}

// A server that is busy is asked again, here at most three times within five seconds.
func ExampleClient_TokenWithRetry() {
	answers := []int{http.StatusServiceUnavailable, http.StatusOK}
	idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[0])
		if answers[0] == http.StatusOK {
			_, _ = w.Write([]byte(`{"access_token":"2YotnFZFEjr1zCsicMWpAA"}`))
		}
		answers = answers[1:]
	}))
	defer idp.Close()

	client, err := oauth.NewClient(oauth.Config{
		TokenURL: idp.URL,
		ClientID: "demo",
		Auth:     oauth.ClientSecretPost("demo", "s3cr3t"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	retry := oauth.Retry{Attempts: 3, Backoff: time.Millisecond, Budget: 5 * time.Second}
	_, err = client.TokenWithRetry(context.Background(), oauth.Doer(idp.Client().Transport.RoundTrip), retry,
		func(a oauth.Attempt) {
			fmt.Println(a.Number, a.Status, a.Err != nil)
		})
	fmt.Println(err)
	// Output:
	// 1 503 true
	// 2 200 false
	// <nil>
}

func ExampleChallengeError() {
	fmt.Println(oauth.ChallengeError([]string{`Bearer realm="orders", error="invalid_token", error_description="expired"`}))
	// Output: invalid_token
}
