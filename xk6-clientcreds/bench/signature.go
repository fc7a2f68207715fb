package main

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// The kinds of signatures. Both are compared by algorithm, with ES256.
const (
	anAssertion = "assertion"
	aProof      = "DPoP proof"
	perES256    = "ES256"
	esAgain     = "ES256, again"
)

// signedBy are the algorithms of a kind. Others with RSA differ from these in the hash alone.
var signedBy = map[string][]string{
	anAssertion: {perES256, esAgain, "ES384", "ES512", "EdDSA", "RS256", "PS256", "HS256"},
	aProof:      {perES256, esAgain, "ES384", "ES512", "EdDSA", "RS256", "PS256"},
}

// signatureRounds is how often every algorithm has its turn.
const signatureRounds = 40

// signature measures signatures alone, without k6.
func (b *bench) signature(ctx context.Context) ([]results.Table, error) {
	run, err := b.inProcess(ctx, roleSignature, signatureRounds)
	if err != nil {
		return nil, err
	}
	return []results.Table{signatureTable(run, anAssertion), signatureTable(run, aProof)}, nil
}

func signatureTable(run *block.Run, kind string) results.Table {
	cpu := func(algorithm string) []float64 { return microseconds(run.Of(kind+", "+algorithm, run.Cost())) }
	table := results.Table{
		Title:   "A signature, " + kind,
		Results: []results.Result{results.Measured(perES256, "µs CPU", cpu(perES256))},
	}
	for _, algorithm := range signedBy[kind][1:] {
		table.Results = append(table.Results, results.Compared(algorithm, "µs CPU", cpu(algorithm), perES256, cpu(perES256)))
	}
	return table
}

// signatures is the process in which signatures are measured. Its argument is the number of rounds.
func signatures(args []string, stdout io.Writer) error {
	signers, err := newSigners()
	if err != nil {
		return err
	}
	return measureWorkers(signers, args[0], stdout)
}

// newSigners returns the signers of both kinds.
func newSigners() ([]worker, error) {
	keys := make(map[string]*oauth.SigningKey)
	for _, algorithm := range signedBy[aProof] {
		if algorithm == esAgain {
			continue
		}
		key, err := oauth.GenerateDPoPKey(algorithm)
		if err != nil {
			return nil, err
		}
		keys[algorithm] = key
	}
	keys[esAgain] = keys[perES256]
	var signers []worker
	for kind, algorithms := range signedBy {
		for _, algorithm := range algorithms {
			sign, err := newSign(kind, algorithm, keys[algorithm])
			if err != nil {
				return nil, err
			}
			units := signaturesPerBlock(algorithm)
			signers = append(signers, worker{kind + ", " + algorithm, units, sign, units})
		}
	}
	return signers, nil
}

// signaturesPerBlock is fewer for algorithms that are slow.
func signaturesPerBlock(algorithm string) int {
	switch algorithm {
	case "RS256", "PS256", "ES512":
		return 8
	case "ES384":
		return 30
	case "HS256":
		return 1000
	}
	return 200
}

// newSign returns what makes one signature of that kind.
func newSign(kind, algorithm string, key *oauth.SigningKey) (func() error, error) {
	const endpoint = "https://idp.example.com/oauth2/token"
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	if kind == aProof {
		signer, err := oauth.NewDPoPSigner(key)
		return func() error {
			_, err := signer.Proof(http.MethodGet, u, "a token of the length that opaque ones often have")
			return err
		}, err
	}
	assertion := oauth.Assertion{ClientID: "bench", Audience: "https://idp.example.com"}
	var auth oauth.ClientAuth
	if key == nil {
		auth, err = oauth.ClientSecretJWT(assertion, "a secret of the length that HS256 asks for, and more", algorithm)
	} else {
		auth, err = oauth.PrivateKeyJWT(assertion, key)
	}
	return func() error {
		return auth.Apply(context.Background(), &oauth.TokenRequest{
			URL: u, Form: make(url.Values),
			Header: make(http.Header),
		})
	}, err
}
