package regression

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// provenRule is the statistic that the proof is about.
const provenRule = "p50 of clientcreds_request_duration{scenario:token}"

// proofRow is a row of the documented table: comparisons of one kind.
type proofRow struct {
	server, head string // as the table calls them
	limit        string // of the proven rule
	// slower says that the head is slower than the limit allows: the right verdict is FAIL, and otherwise PASS.
	slower bool
	// busy says that two busy loops run beside the comparisons.
	busy        bool
	repetitions int
	// within is how many seconds of load each comparison may take to detect the change; 0 if it is not promised.
	within float64
	// sequential is the length of all runs of a comparison, in seconds; 0 for a paired one.
	sequential float64
	// environment is the environment of tools/regression.sh.
	environment func(t *testing.T) []string
}

func (r proofRow) otherWork() string {
	if r.busy {
		return "two busy loops"
	}
	return "none"
}

// name identifies the row in the file of the results, and for the flag -proof.
func (r proofRow) name() string {
	return strings.Join([]string{r.server, r.head, "other work: " + r.otherWork()}, "; ")
}

// right is the verdict that is right.
func (r proofRow) right() string {
	if r.slower {
		return "FAIL"
	}
	return "PASS"
}

// proofRows are the rows of the table.
func proofRows() []proofRow {
	var rows []proofRow
	for _, latency := range []time.Duration{5 * time.Millisecond, 40 * time.Millisecond} {
		for _, busy := range []bool{false, true} {
			rows = append(rows, localRow(latency, 0, proofRow{busy: busy, repetitions: 40}))
		}
	}
	ms := time.Millisecond
	rows = append(rows,
		localRow(40*ms, 0.15, proofRow{busy: true, repetitions: 20}),
		localRow(5*ms, 0.10, proofRow{repetitions: 20}),
		localRow(20*ms, 0.05, proofRow{repetitions: 20, within: 60}),
		hydraRow(0, proofRow{repetitions: 20, limit: "+5%"}),
		hydraRow(0.2, proofRow{repetitions: 20, limit: "+5%"}),
	)
	for _, slower := range []float64{0, 0.15} {
		row := localRow(200*ms, slower, proofRow{repetitions: 20, limit: "+10%", sequential: 30})
		row.server = "local, 200 ms, sequential mode"
		paired := row.environment
		row.environment = func(t *testing.T) []string {
			t.Helper()
			return append(paired(t), "RUNS=5", "DURATION=3s")
		}
		rows = append(rows, row)
	}
	return rows
}

// localRow compares two local servers: the token endpoint of the head is slower by a share.
func localRow(latency time.Duration, slower float64, row proofRow) proofRow {
	row.server = "local, " + milliseconds(latency)
	row.head, row.slower = "unchanged", slower > 0
	slowed := time.Duration(float64(latency) * (1 + slower)).Round(time.Microsecond)
	if row.slower {
		row.head = fmt.Sprintf("slower by %g%%: %s", slower*100, milliseconds(slowed))
	}
	row.environment = func(*testing.T) []string {
		return []string{"BASE_SERVE=--latency " + latency.String(), "HEAD_SERVE=--latency " + slowed.String()}
	}
	return row.withLimit()
}

// hydraIterations are the rounds of PBKDF2 in which Hydra hashes the secret of each token request, by default.
const hydraIterations = 25_000

// hydraRow compares two Ory Hydras. The head hashes secrets in more rounds.
func hydraRow(more float64, row proofRow) proofRow {
	row.server, row.head, row.slower = "Ory Hydra", "unchanged", more > 0
	rounds := int(hydraIterations * (1 + more))
	if row.slower {
		row.head = fmt.Sprintf("%d rounds of PBKDF2 instead of %d", rounds, hydraIterations)
	}
	row.environment = func(t *testing.T) []string {
		t.Helper()
		certs := servers.NewCertificates(t)
		env := []string{"SSL_CERT_FILE=" + certs.CAFile, "RATE=25"}
		for side, n := range map[string]int{"BASE_": hydraIterations, "HEAD_": rounds} {
			client := servers.Registration{
				ID: "compared", Secret: "secret-of-the-compared-client", Scope: "orders.read",
				GrantTypes: []string{"client_credentials"}, AuthMethod: "client_secret_basic",
			}
			h := servers.StartHydra(t, certs, servers.HydraHashing(n))
			require.True(t, h.Register(t, client).OK)
			env = append(env, side+"TOKEN_URL="+h.Issuer+"/oauth2/token", side+"CLIENT_ID="+client.ID,
				side+"CLIENT_SECRET="+client.Secret)
		}
		return env
	}
	return row.withLimit()
}

func (r proofRow) withLimit() proofRow {
	if r.limit == "" {
		r.limit = "+2%"
	}
	return r
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds()*1000, 'g', 4, 64) + " ms"
}

// proofRules writes the rules by which the row compares, and returns the file.
func (r proofRow) rules(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(file, []byte("rules:\n  "+provenRule+": "+r.limit+"\n  error rate: +0\n"), 0o600))
	return file
}

// compare makes one comparison.
func (r proofRow) compare(t *testing.T) proofComparison {
	t.Helper()
	result := regress(t, append(r.environment(t), "RULES="+r.rules(t), "API_RATE=1")...)
	t.Log(result.output)
	require.NotEmpty(t, result.Verdict, result.output)
	c := proofComparison{
		At: time.Now().UTC().Truncate(time.Second), Verdict: result.Verdict, Reasons: result.Reasons,
		Seconds: result.Paired.After, Load: loadAverage(t), Again: strings.Count(result.output, "so once more"),
	}
	if r.sequential > 0 {
		c.Seconds = r.sequential
	}
	f := result.finding(t, provenRule)
	if f.Change.Base > 0 {
		c.Change = f.Change.Share
	} else if f.Paired.Base > 0 {
		c.Change = f.Paired.Change
	}
	if c.Verdict == "FAIL" && f.Outcome != "broken" {
		c.Verdict = "FAIL for another reason"
	}
	return c
}

// loadAverage is how many processes ran or waited for a CPU on the machine, on average of the last minute.
func loadAverage(t *testing.T) float64 {
	t.Helper()
	text, _, _ := strings.Cut(k6test.ReadFile(t, "/proc/loadavg"), " ")
	load, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return load
}

// busyLoops keep two CPUs busy until the end of the test, and no longer than an hour.
func busyLoops(t *testing.T) {
	t.Helper()
	for range 2 {
		k6test.StartProcess(t, exec.CommandContext(t.Context(), "sh", "-c", "ulimit -t 3600; while :; do :; done"))
	}
}

// TestRegressionProof makes the comparisons of the rows that the flag -proof matches, as far as the file of the results
// lacks them, and keeps each result as soon as it is known. No row matches by default, because all of them take hours.
// `make regression-proof` has TestRegressionProofTable write the table afterwards.
func TestRegressionProof(t *testing.T) {
	chosen, err := regexp.Compile(*proof)
	require.NoError(t, err)
	var mu sync.Mutex
	matched := 0
	for _, row := range proofRows() {
		if !chosen.MatchString(row.name()) {
			continue
		}
		matched++
		t.Run(row.name(), func(t *testing.T) {
			if row.busy {
				busyLoops(t)
			}
			for i := len(readProof(t)[row.name()]); i < min(row.repetitions, *repetitions); i++ {
				t.Run(strconv.Itoa(i+1), func(t *testing.T) {
					t.Parallel()
					c := row.compare(t)
					c.AtOnce = atOnce()
					mu.Lock()
					defer mu.Unlock()
					results := readProof(t)
					results[row.name()] = append(results[row.name()], c)
					writeProof(t, results)
					require.False(t, row.broken(c), "%s after %g s: %+v", c.Verdict, c.Seconds, c.Reasons)
				})
			}
		})
	}
	require.Equal(t, *proof != noProof, matched > 0, "rows that match %q", *proof)
}
