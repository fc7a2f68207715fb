package validity

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// TestRulesAreDocumented: with their limits, and with what to do about them.
func TestRulesAreDocumented(t *testing.T) {
	t.Parallel()
	var code, advised []string
	for _, r := range rules() {
		code = append(code, fmt.Sprintf("| %#q | %s |", r.name, strconv.FormatFloat(r.limit, 'f', -1, 64)))
		advised = append(advised, r.name)
	}
	assert.Equal(t, code, regexp.MustCompile("(?m)^\\| `[a-z_]+` \\| [0-9.]+ \\|").FindAllString(testkit.Read(t,
		"docs/guides/validity.md"), -1))

	var documented []string
	rows := regexp.MustCompile("(?m)^\\| `INVALID: ([^`]+)` \\| `([a-z_]+)` \\|").FindAllStringSubmatch(testkit.Read(t,
		"docs/guides/troubleshooting.md"), -1)
	texts := make(map[string]string)
	for _, f := range broken() {
		for _, reason := range Judge(f, nil).Reasons {
			texts[reason.Rule] = reason.Text
		}
	}
	for _, row := range rows {
		documented = append(documented, row[2])
		assert.Regexp(t, strings.ReplaceAll(regexp.QuoteMeta(row[1]), "…", ".+"), texts[row[2]], row[2])
	}
	assert.Equal(t, advised, documented)
}
