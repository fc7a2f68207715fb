package interop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// verdict is a server's reaction to a client's request.
type verdict string

const (
	works      verdict = "works"
	notOffered verdict = "not offered"
	ignored    verdict = "ignored"
)

// cell is a field of the matrix.
type cell struct {
	verdict
	detail string // how it works
	answer string // the server's words where it does not work
	wrong  string // to a wrong credential, where it works
}

// judge makes a cell of what came of a row. That a server does not answer, or takes a wrong
// credential, is a failure of the test.
func (c counterpart) judge(t *testing.T, row interopRow, got trial) cell {
	t.Helper()
	if refusal, ok := c.unknown[row.client.ID]; ok {
		return cell{verdict: notOffered, answer: "registration: " + c.anonymous(refusal.String())}
	}
	require.NotZero(t, got.Right.Status, "%s: no answer: %s", row.name, got.Right)
	switch {
	case got.Right.Status == http.StatusOK && !got.Right.OK:
		return cell{verdict: ignored, answer: "HTTP 200, which the client refuses: " + c.anonymous(got.Right.Description)}
	case !got.Right.OK:
		return cell{verdict: notOffered, answer: c.anonymous(got.Right.String())}
	}
	switch row.kind {
	case "grant", "bound":
		require.False(t, got.Wrong.OK, "%s: a wrong credential brings a token", row.name)
		require.GreaterOrEqual(t, got.Wrong.Status, http.StatusBadRequest, "%s: %s", row.name, got.Wrong)
		if _, demands := c.variants[dpopNonce]; row.variant == dpopNonce && !demands && got.Nonces == 0 {
			return cell{verdict: ignored, answer: fmt.Sprintf("HTTP %d, without a nonce", got.Right.Status)}
		}
		require.Equal(t, row.variant == dpopNonce, got.Nonces > 0, "%s: %d nonces", row.name, got.Nonces)
	case "discovery":
		require.NotEmpty(t, got.Places)
		return cell{verdict: works, detail: strings.Join(got.Places, ", ")}
	case "claims":
		return row.judgeClaims(got)
	case "inspection":
		require.NotNil(t, got.Valid, "%s: %s", row.name, got.Problems)
		require.NotNil(t, got.Forged, row.name)
		require.False(t, *got.Forged, "%s: a token with another signature is valid", row.name)
		if !*got.Valid {
			problems := c.anonymous(strings.Join(got.Problems, "; "))
			answer := fmt.Sprintf("HTTP %d, with a token that is not valid: %s", got.Right.Status, problems)
			return cell{verdict: ignored, answer: answer}
		}
		return cell{verdict: works}
	default: // introspection, revocation
		require.True(t, got.Active, "%s: the token is not active", row.name)
		require.False(t, got.Unknown, "%s: a token that is none is active", row.name)
	}
	return cell{verdict: works, detail: strings.Join(got.Bound, ", "), wrong: got.Wrong.Short()}
}

// judgeClaims looks for the claim that the client asked for.
func (row interopRow) judgeClaims(got trial) cell {
	for name, want := range row.claim {
		claim := got.Claims[name]
		list, _ := claim.([]any)
		has := func(one any) bool { return reflect.DeepEqual(one, want) }
		if !has(claim) && !slices.ContainsFunc(list, has) {
			answer := fmt.Sprintf("HTTP %d, with a token %s", got.Right.Status, claimText(name, claim))
			return cell{verdict: ignored, answer: answer}
		}
	}
	return cell{verdict: works}
}

func claimText(name string, claim any) string {
	if claim == nil {
		return "without `" + name + "`"
	}
	text, err := json.Marshal(claim)
	if err != nil {
		return err.Error()
	}
	return "whose `" + name + "` is `" + string(text) + "`"
}

// anonymous returns text with a name for the server, whose port is another one each time.
func (c counterpart) anonymous(text string) string {
	return strings.ReplaceAll(text, c.issuer, "https://idp.example")
}
