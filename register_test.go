package harness

import (
	"testing"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
	"go.k6.io/k6/v2/ext"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/subcommand"
)

// The names are those that users write: k6 finds an extension by nothing else.

func TestModuleIsRegistered(t *testing.T) {
	t.Parallel()
	extension := ext.Get(ext.JSExtension)["k6/x/clientcreds"]
	require.NotNil(t, extension)
	require.Implements(t, (*modules.Module)(nil), extension.Module)
}

func TestOutputsAreRegistered(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"prometheus", "clientcreds-record"} {
		extension := ext.Get(ext.OutputExtension)[name]
		require.NotNil(t, extension, name)
	}
}

func TestCommandIsRegistered(t *testing.T) {
	t.Parallel()
	const name = "clientcreds"
	extension := ext.Get(ext.SubcommandExtension)[name]
	require.NotNil(t, extension)
	construct, ok := extension.Module.(subcommand.Constructor)
	require.True(t, ok)
	require.Equal(t, name, construct(tests.NewGlobalTestState(t).GlobalState).Name(), "k6 wants both names to be equal")
}
