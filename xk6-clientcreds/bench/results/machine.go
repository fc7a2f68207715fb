package results

import (
	"cmp"
	"fmt"
	"runtime"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

// Machine describes the machine of the figures: ratios travel, nanoseconds do not.
func Machine() string {
	return fmt.Sprintf("%d cores, %s, %s/%s, %s, k6 %s.", runtime.NumCPU(), cmp.Or(procinfo.CPUModel(), "CPU unknown"),
		runtime.GOOS, runtime.GOARCH, runtime.Version(), procinfo.VersionOf(procinfo.K6Module))
}
