package jsmodule

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
)

func TestServerUsage(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	_, err := v.run(`serverUsage()`)
	require.ErrorContains(t, err, "call it in handleSummary()")
	v.start()
	usages := func(args string) any {
		value, err := v.run(`JSON.stringify(serverUsage(` + args + `))`)
		require.NoError(t, err)
		return value
	}
	assert.Equal(t, "[]", usages(""), "a run without a record")
	var asked [][2]int64
	v.module.process.run.Written("r.json", func(from, to time.Time) []runinfo.ServerUsage {
		asked = append(asked, [2]int64{from.UnixMilli(), to.UnixMilli()})
		return []runinfo.ServerUsage{{Server: "idp", Resource: "cpu", Usage: 0.98}}
	})
	assert.JSONEq(t, `[{"server":"idp","resource":"cpu","usage":0.98}]`, usages("1000, 2000.5").(string))
	assert.Equal(t, [2]int64{1000, 2000}, asked[0])
	usages("")
	at := time.Now().UnixMilli()
	assert.True(t, asked[1][0] < at && asked[1][1] > at, "the whole run")
	for _, wrong := range []string{`"now"`, `NaN`, `new Date()`, `null`, `1e300`} {
		_, err := v.run(`serverUsage(0, ` + wrong + `)`)
		require.ErrorContains(t, err, "to of serverUsage() is not a time", wrong)
	}
}
