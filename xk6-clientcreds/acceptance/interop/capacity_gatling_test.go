//go:build capacity && linux

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// gatlingWarmUp is the time that Gatling, which is compiled meanwhile, has before the steps.
const gatlingWarmUp = 20 * time.Second

// runGatling gives a server the load that k6 gave it, and judges the steps as scripts/lib/steps.js does.
func runGatling(t *testing.T, env map[string]string) (found k6test.Capacity, used map[int]float64) {
	t.Helper()
	step, err := time.ParseDuration(env["STEP"])
	require.NoError(t, err)
	slo, err := time.ParseDuration(env["SLO_P95"])
	require.NoError(t, err)
	home, result := k6test.Program(t, "GATLING_HOME"), filepath.Join(t.TempDir(), "gatling.json")
	variables := []string{"HOME=" + t.TempDir()}
	for name, value := range k6test.With(env, "RESULT_FILE="+result, fmt.Sprintf("STEP=%.0f", step.Seconds()),
		fmt.Sprintf("WARM_UP=%.0f", gatlingWarmUp.Seconds())) {
		variables = append(variables, name+"="+value)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("JAVA_HOME"), "bin/java"), // #nosec G204 -- of this machine
		"--add-opens=java.base/java.lang=ALL-UNNAMED", "-Duser.home="+t.TempDir(),
		"-cp", filepath.Join(home, "classes")+":"+filepath.Join(home, "lib", "*"),
		"io.gatling.app.Gatling", "--no-reports", "--simulation", "ClientCredentials", "--results-folder", t.TempDir())
	if os.Getenv("JAVA_HOME") == "" {
		cmd.Path, err = exec.LookPath("java")
		require.NoError(t, err)
	}
	out := new(k6test.Output)
	cmd.Stdout, cmd.Stderr = out, out
	used = watchCores(t, func() {
		onCore(t, generatorCore, func() {
			require.Zero(t, k6test.StartProcess(t, cmd, variables...).Wait(t), out)
		})
	})
	t.Log(out)
	found = k6test.ReadCapacity(t, result)
	found.Limit, found.Why = "none", "raise TO"
	within := true
	for i := range found.Steps {
		s := &found.Steps[i]
		switch {
		case s.Failed > 0.01:
			s.Miss = fmt.Sprintf("%.0f%% failed", 100*s.Failed)
		case s.P95 > float64(slo.Milliseconds()):
			s.Miss = fmt.Sprintf("p95 was %.0f ms", s.P95)
		}
		found.Most = max(found.Most, s.Granted)
		if within && s.Miss != "" {
			within, found.Limit, found.Why = false, "server", fmt.Sprintf("at %d/s %s", s.Rate, s.Miss)
			if used[generatorCore] >= 0.8 {
				found.Limit = "generator"
			}
		}
		if within {
			found.Capacity = s.Granted
		}
	}
	return found, used
}

// gatlingVersion returns the version that tools/gatling pins.
func gatlingVersion(t *testing.T) string {
	t.Helper()
	version := regexp.MustCompile(`<artifactId>gatling-charts-highcharts</artifactId>\s*<version>([^<]+)<`).FindStringSubmatch(
		k6test.ReadFile(t, filepath.Join(k6test.Root, "tools/gatling/pom.xml")))
	require.NotNil(t, version)
	return version[1]
}

// window is how long a core must be busy to count as busy: some seconds, because a single one says little.
const window = 3

// watchCores returns the highest utilization of each core during any three seconds while something runs.
func watchCores(t *testing.T, run func()) map[int]float64 {
	t.Helper()
	stop, done := make(chan struct{}), make(chan map[int]float64)
	go func() {
		most := make(map[int]float64)
		past := []map[int]coreTime{coreTimes()}
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
			past = append(past, coreTimes())
			if len(past) > window {
				for core, now := range past[len(past)-1] {
					most[core] = max(most[core], now.since(past[len(past)-1-window][core]))
				}
			}
		}
	}()
	run()
	close(stop)
	return <-done
}

// busyBefore says how busy other programs keep the machine.
func busyBefore(t *testing.T) string {
	t.Helper()
	before := coreTimes()
	time.Sleep(window * time.Second)
	var busy float64
	now := coreTimes()
	for core := range now {
		busy += now[core].since(before[core]) / float64(len(now))
	}
	text := fmt.Sprintf("Before the measurement, other programs used %.0f%% of the CPU.", 100*busy)
	if busy > 0.1 {
		text += " **The machine was busy, so the capacities are too low.**"
	}
	return text
}

// coreTime has the times that a core was busy and idle, in ticks.
type coreTime struct{ busy, idle float64 }

// since returns the utilization since an earlier time.
func (c coreTime) since(earlier coreTime) float64 {
	busy, idle := c.busy-earlier.busy, c.idle-earlier.idle
	return busy / max(busy+idle, 1)
}

var coreLine = regexp.MustCompile(`(?m)^cpu(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)`)

// coreTimes reads /proc/stat: user, nice, system, idle, iowait, irq, softirq.
func coreTimes() map[int]coreTime {
	times := make(map[int]coreTime)
	text, _ := os.ReadFile("/proc/stat")
	for _, line := range coreLine.FindAllStringSubmatch(string(text), -1) {
		var n [8]float64
		for i := range n {
			n[i], _ = strconv.ParseFloat(line[i+1], 64)
		}
		times[int(n[0])] = coreTime{busy: n[1] + n[2] + n[3] + n[6] + n[7], idle: n[4] + n[5]}
	}
	return times
}
