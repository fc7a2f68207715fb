package tokencache_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// server grants numbered tokens that live for five minutes.
type server struct{ requests int }

func (s *server) Fetch(_ context.Context, reason tokencache.Reason) (*oauth.Token, error) {
	s.requests++
	fmt.Printf("request %d, because the cache is %s\n", s.requests, reason)
	return &oauth.Token{
		AccessToken: secret.New(fmt.Sprint("token ", s.requests)), Type: "Bearer", RequestedAt: time.Now(), ExpiresIn: 5 * time.Minute,
	}, nil
}

func (s *server) Held(error)     {}
func (s *server) Reloaded() bool { return false }

// Many callers need a token at once: one request is sent, and all of them get its token.
func Example() {
	cache := tokencache.New(tokencache.Options{})
	defer cache.Close(time.Second)
	entry := cache.Entry("orders", tokencache.Policy{Leeway: tokencache.Span{Fraction: 0.1}}, nil)

	source := new(server)
	var callers sync.WaitGroup
	for range 10 {
		callers.Go(func() { _, _, _ = entry.Get(context.Background(), source) })
	}
	callers.Wait()

	fmt.Println(entry.Current().Token.AccessToken.Reveal(), "is in the cache")
	// Output:
	// request 1, because the cache is cold
	// token 1 is in the cache
}

// An API that rejects a token ends its use, although it has not expired.
func ExampleEntry_Drop() {
	cache := tokencache.New(tokencache.Options{})
	defer cache.Close(time.Second)
	entry := cache.Entry("orders", tokencache.Policy{}, nil)

	source := new(server)
	lease, outcome, _ := entry.Get(context.Background(), source)
	fmt.Println(lease.Token.AccessToken.Reveal(), outcome == tokencache.Hit)
	lease, outcome, _ = entry.Get(context.Background(), source)
	fmt.Println(lease.Token.AccessToken.Reveal(), outcome == tokencache.Hit)

	entry.Drop(lease)
	fmt.Println("in the cache:", entry.Current() != nil)
	// Output:
	// request 1, because the cache is cold
	// token 1 false
	// token 1 true
	// in the cache: false
}
