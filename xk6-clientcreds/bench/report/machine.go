package report

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// k6Module is k6's module path.
const k6Module = "go.k6.io/k6/v2"

// Machine says on what the figures were made: ratios travel, nanoseconds do not.
func Machine() string {
	k6 := "of an unknown version"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == k6Module {
				k6 = m.Version
			}
		}
	}
	return fmt.Sprintf("%d cores, %s, %s/%s, %s, k6 %s.",
		runtime.NumCPU(), processor(), runtime.GOOS, runtime.GOARCH, runtime.Version(), k6)
}

// processor is the name that Linux gives the CPU.
func processor() string {
	const unknown = "CPU unknown"
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}
