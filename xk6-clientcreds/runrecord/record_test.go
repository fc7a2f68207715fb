package runrecord

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestShortCommit(t *testing.T) {
	const commit = "53a36a9d0a6f4e20c16f2c5f8d3f3b8f0b1a2c3d"
	for want, run := range map[string]Run{
		"":                        {Modified: true},
		"v1.2.0":                  {Commit: "v1.2.0"},
		"53a36a9d0a6f":            {Commit: commit},
		"53a36a9d0a6f (modified)": {Commit: commit, Modified: true},
	} {
		assert.Equal(t, want, run.ShortCommit())
	}
}
