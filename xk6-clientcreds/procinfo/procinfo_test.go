package procinfo

import (
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{
		Main: debug.Module{Path: "k6", Version: "(devel)"},
		Deps: []*debug.Module{
			{Path: "example.com/plain", Version: "v1.2.3"},
			{Path: "example.com/folder", Version: "v0.0.0-00010101000000-000000000000", Replace: &debug.Module{Path: "/src"}},
			{Path: "example.com/fork", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/other", Version: "v1.0.1"}},
		},
	}
	for module, want := range map[string]string{
		"k6": "(devel)", "example.com/plain": "v1.2.3", "example.com/folder": "(devel)", "example.com/fork": "v1.0.1",
		"example.com/absent": "unknown",
	} {
		assert.Equal(t, want, versionIn(info, module), module)
	}
}

func TestVersionOfThisBinary(t *testing.T) {
	t.Parallel()
	assert.Equal(t, WorkingCopy, VersionOf(ExtensionModule))
	assert.Equal(t, "unknown", VersionOf("example.com/absent"))
}

// TestRelease: the changelog says which version comes next, or was the last one.
func TestRelease(t *testing.T) {
	t.Parallel()
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	latest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindStringSubmatch(string(changelog))
	require.NotNil(t, latest)
	assert.Equal(t, Release, "v"+latest[1])
}

func TestCPUTimeIsThatOfThisProcess(t *testing.T) {
	t.Parallel()
	before, n := CPUTime(), 0
	for CPUTime()-before < 20*time.Millisecond {
		n++
	}
	assert.Positive(t, n)
}

// TestCPUModel: where the kernel names a model, it is the value without its name.
func TestCPUModel(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/cpuinfo")
	_, named, _ := strings.Cut(string(text), "model name")
	model, _, _ := strings.Cut(named, "\n")
	_, model, _ = strings.Cut(model, ":")
	if err != nil {
		model = ""
	}
	assert.Equal(t, strings.TrimSpace(model), CPUModel())
}
