package main

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
)

// The process measures every algorithm in every round.
func TestSignatureTables(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	run, err := measuredBy(command(t.Context(), self, []string{roleSignature, "6"}, nil))
	require.NoError(t, err)
	for kind, algorithms := range signedBy {
		table := signatureTable(run, kind)
		require.Len(t, table.Results, len(algorithms))
		requireFilled(t, table)
	}
}

func TestASignatureThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	s := worker{name: "broken", units: 1, turns: 1, work: func() error { return os.ErrClosed }}
	require.EqualError(t, s.block(new(block.Meter), 0), "broken: file already closed")

	self, err := os.Executable()
	require.NoError(t, err)
	_, err = measuredBy(command(t.Context(), self, []string{roleSignature, "many"}, nil))
	require.ErrorContains(t, err, `parsing "many"`)
}

// Every signer signs, without an error, and differently each time.
func TestSignersSign(t *testing.T) {
	t.Parallel()
	signers, err := newSigners()
	require.NoError(t, err)
	require.Len(t, signers, len(signedBy[anAssertion])+len(signedBy[aProof]))
	for _, s := range signers {
		require.NoError(t, s.work(), s.name)
	}
	_, err = newSign(anAssertion, "HS1", nil)
	require.ErrorContains(t, err, "HS1")
	require.Error(t, signatures([]string{""}, new(bytes.Buffer)))
}

func TestSignaturesAreWrittenAsARun(t *testing.T) {
	var out bytes.Buffer
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := command(t.Context(), self, []string{roleSignature, "1"}, nil)
	cmd.Stdout = &out
	require.NoError(t, cmd.Run())
	run := new(block.Run)
	require.NoError(t, json.Unmarshal(out.Bytes(), run))
	require.Len(t, run.Blocks, 2*(len(signedBy[anAssertion])+len(signedBy[aProof])), "a round and the warm-up")
}
