package doctor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

func TestEveryFieldHasAVariable(t *testing.T) {
	t.Parallel()
	notInConfig := []oauth.Field{
		oauth.FieldRevocationURL, oauth.FieldKeySetURL, oauth.FieldAssertion, oauth.FieldAssertionAlgorithm,
		oauth.FieldAssertionLifetime, oauth.FieldAssertionClaims, oauth.FieldAssertionHeader, oauth.FieldDPoPKey,
		oauth.FieldDPoPAlgorithm, oauth.FieldAuthorizationDetails, oauth.FieldSubjectTokenType, oauth.FieldActorToken,
		oauth.FieldActorTokenType, oauth.FieldRequestedTokenType, oauth.FieldExchangeScope, oauth.FieldExchangeResource,
		oauth.FieldParams, oauth.FieldHeader,
	}
	for _, field := range oauth.Fields() {
		wrong := new(ConfigError)
		require.ErrorAs(t, AsConfigError(&oauth.ConfigError{Field: field, Problem: "is 50% wrong"}), &wrong)
		assert.Equal(t, "is 50% wrong", wrong.Problem)
		if _, known := variables[field]; known {
			assert.NotContains(t, notInConfig, field)
			assert.Regexp(t, "^[A-Z_]+$", wrong.Variable)
			continue
		}
		assert.Contains(t, notInConfig, field, "%s needs a variable", field)
		assert.Equal(t, "the "+field.String(), wrong.Variable)
	}
	assert.NoError(t, AsConfigError(nil))
}
