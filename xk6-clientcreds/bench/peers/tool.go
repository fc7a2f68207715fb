//go:build linux

package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// load describes the load that a tool makes.
type load struct {
	users   int
	rate    int // tokens per second, 0 for full speed
	seconds int
}

// tool is a load generator.
type tool struct {
	name string
	// command returns its command line for a load, nil if it cannot do that.
	command func(load) []string
	version string
}

// credentials of the client, from the environment that the local server makes.
type credentials struct{ tokenURL, id, secret, scope string }

func credentialsFromEnvironment() (credentials, error) {
	c := credentials{os.Getenv("TOKEN_URL"), os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), os.Getenv("SCOPE")}
	if c.tokenURL == "" || c.id == "" || c.secret == "" {
		return c, errors.New("TOKEN_URL, CLIENT_ID, and CLIENT_SECRET must be set; run this below k6 x clientcreds serve")
	}
	return c, nil
}

func (c credentials) authorization() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(c.id)+":"+url.QueryEscape(c.secret)))
}

func (c credentials) body() string {
	return url.Values{"grant_type": {"client_credentials"}, "scope": {c.scope}}.Encode()
}

// env is the environment of a tool.
func (c credentials) env(l load) []string {
	env := append(os.Environ(), "AUTHORIZATION="+c.authorization(), "BODY="+c.body(),
		"USERS="+strconv.Itoa(l.users), "SECONDS="+strconv.Itoa(l.seconds),
		"NO_COLOR=1", "ARTILLERY_DISABLE_TELEMETRY=true", "K6_NO_USAGE_REPORT=true", "K6_AUTO_EXTENSION_RESOLUTION=false",
		"K6_CLIENTCREDS_ALLOW=generator_saturated") // full speed saturates k6
	if l.rate > 0 {
		env = append(env, "RATE="+strconv.Itoa(l.rate))
	}
	return env
}

// reference names the tool that the others are compared with.
const reference = "k6, http.post"

// tools returns the tools in the order of the table.
func (p plan) tools() ([]tool, error) {
	c, err := credentialsFromEnvironment()
	if err != nil {
		return nil, err
	}
	script := func(name string) string { return filepath.Join(p.scripts, name) }
	k6 := func(name string) func(load) []string {
		return func(load) []string { return []string{p.k6, "run", "--quiet", "--address", "", script("k6/" + name)} }
	}
	duration := func(l load) string { return strconv.Itoa(l.seconds) + "s" }
	const form = "application/x-www-form-urlencoded"
	all := []tool{
		{name: reference, command: k6("plain.js")},
		{name: reference + ", again", command: k6("plain.js")},
		{name: "acquire()", command: k6("acquire.js")},
		{name: "acquireBatch(20)", command: k6("acquire-batch.js")},
		{name: "Gatling", command: func(load) []string {
			return []string{
				java(), "--add-opens=java.base/java.lang=ALL-UNNAMED",
				"-cp", filepath.Join(p.home, "gatling") + ":" + filepath.Join(p.gatling, "classes") + ":" +
					filepath.Join(p.gatling, "lib", "*"),
				"io.gatling.app.Gatling", "--no-reports", "--simulation", "TokenLoad", "--results-folder", p.work,
			}
		}},
		{name: "JMeter", command: func(l load) []string {
			home, perMinute := filepath.Join(p.home, "jmeter"), 60*l.rate
			if perMinute == 0 {
				perMinute = 1e9
			}
			// The options of JMeter's own start script.
			return []string{
				java(), "-Xms1g", "-Xmx1g", "-XX:MaxMetaspaceSize=256m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=100",
				"-XX:G1ReservePercent=20", "-Djmeter.home=" + home,
				"-cp", filepath.Join(home, "lib", "*") + ":" + filepath.Join(home, "lib", "ext", "*"),
				"org.apache.jmeter.NewDriver", "-n", "-t", script("token.jmx"), "-j", filepath.Join(p.work, "jmeter.log"),
				"-JUSERS=" + strconv.Itoa(l.users), "-JSECONDS=" + strconv.Itoa(l.seconds),
				"-JAUTHORIZATION=" + c.authorization(), "-JTOKEN_URL=" + c.tokenURL, "-JSCOPE=" + c.scope,
				"-Jper_minute=" + strconv.Itoa(perMinute),
			}
		}},
		{name: "Locust", command: func(l load) []string {
			return []string{
				filepath.Join(p.home, "venv/bin/locust"), "--headless", "--locustfile", script("locustfile.py"),
				"--users", strconv.Itoa(l.users), "--spawn-rate", strconv.Itoa(l.users), "--run-time", duration(l),
				"--host", "http://127.0.0.1",
			}
		}},
		{name: "Artillery", command: func(l load) []string {
			phases, file := map[string]any{"duration": 1, "arrivalCount": l.users}, "artillery-full.yml"
			if l.rate > 0 {
				phases, file = map[string]any{"duration": l.seconds, "arrivalRate": l.rate}, "artillery-rate.yml"
			}
			overrides, _ := json.Marshal(map[string]any{"config": map[string]any{
				"target": c.tokenURL, "phases": []any{phases}, "http": map[string]any{"pool": l.users},
			}})
			return []string{
				p.node(), p.module("artillery/bin/run"), "run", "--overrides", string(overrides), script(file),
			}
		}},
		{name: "autocannon", command: func(l load) []string {
			line := []string{
				p.node(), p.module("autocannon/autocannon.js"), "--no-progress", "--connections", strconv.Itoa(l.users),
				"--duration", strconv.Itoa(l.seconds), "--method", "POST", "--headers", "Authorization=" + c.authorization(),
				"--headers", "Content-Type=" + form, "--body", c.body(),
			}
			if l.rate > 0 {
				line = append(line, "--overallRate", strconv.Itoa(l.rate))
			}
			return append(line, c.tokenURL)
		}},
		{name: "vegeta", command: func(l load) []string {
			targets := filepath.Join(p.work, "targets")
			text := fmt.Sprintf("POST %s\nAuthorization: %s\nContent-Type: %s\n@%s.body\n", c.tokenURL, c.authorization(), form,
				targets)
			for file, content := range map[string]string{targets: text, targets + ".body": c.body()} {
				if os.WriteFile(file, []byte(content), 0o600) != nil {
					return nil
				}
			}
			users := fmt.Sprintf(" -workers %d -max-workers %d", l.users, l.users)
			if l.rate > 0 {
				users = ""
			}
			binary := filepath.Join(p.home, "bin/vegeta")
			return []string{"sh", "-c", fmt.Sprintf("%s attack -targets %s -rate %d -duration %s%s | %s report", binary, targets,
				l.rate, duration(l), users, binary)}
		}},
		{name: "hey", command: func(l load) []string {
			return append([]string{
				filepath.Join(p.home, "bin/hey"), "-z", duration(l), "-c", strconv.Itoa(l.users),
				"-q", strconv.FormatFloat(float64(l.rate)/float64(l.users), 'f', -1, 64), // of each user, 0 without a limit
				"-m", "POST", "-H", "Authorization: " + c.authorization(), "-T", form, "-d", c.body(), // its -a sends nothing
			}, c.tokenURL)
		}},
		{name: "oha", command: func(l load) []string {
			line := []string{
				filepath.Join(p.home, "bin/oha"), "--no-tui", "-z", duration(l), "-c", strconv.Itoa(l.users), "-m", "POST",
				"-a", c.id + ":" + c.secret, "-T", form, "-d", c.body(),
			}
			if l.rate > 0 {
				line = append(line, "-q", strconv.Itoa(l.rate))
			}
			return append(line, c.tokenURL)
		}},
		{name: "wrk", command: func(l load) []string {
			if l.rate > 0 {
				return nil // it knows full speed only
			}
			return []string{
				"wrk", "--threads", "1", "--connections", strconv.Itoa(l.users), "--duration", duration(l),
				"--script", script("token.lua"), c.tokenURL,
			}
		}},
	}
	return p.chosen(all)
}

// chosen returns the tools that are to be measured, with their versions.
func (p plan) chosen(all []tool) ([]tool, error) {
	only, err := regexp.Compile(p.only)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	var tools []tool
	for _, t := range all {
		if !only.MatchString(t.name) {
			continue
		}
		if t.version, err = p.version(t.name); err != nil {
			return nil, err
		}
		tools = append(tools, t)
	}
	if len(tools) == 0 {
		return nil, fmt.Errorf("-only: no tool has a name that matches %q", p.only)
	}
	return tools, nil
}

var versionNumber = regexp.MustCompile(`\d+\.\d+[\w.-]*`)

// version asks a tool, or the files of its installation, for its version.
func (p plan) version(name string) (string, error) {
	var (
		text []byte
		err  error
	)
	switch name {
	case "Gatling":
		return jar(filepath.Join(p.gatling, "lib/gatling-core-[0-9]*.jar"))
	case "JMeter":
		return jar(filepath.Join(p.home, "jmeter/lib/ext/ApacheJMeter_core-[0-9]*.jar"))
	case "vegeta", "hey": // they were built from the module of that version
		text, err = exec.Command("go", "version", "-m", filepath.Join(p.home, "bin", name)).Output() // #nosec G204 -- ours
		if found := regexp.MustCompile(`(?m)^\s+mod\s+\S+\s+v(\S+)`).FindSubmatch(text); err == nil && found != nil {
			return string(found[1]), nil
		}
	case "Locust":
		text, err = exec.Command(filepath.Join(p.home, "venv/bin/locust"), "--version").Output() // #nosec G204 -- ours
	case "Artillery", "autocannon":
		var manifest struct {
			Version string `json:"version"`
		}
		if text, err = os.ReadFile(p.module(strings.ToLower(name) + "/package.json")); err == nil { // #nosec G304 -- ours
			err = json.Unmarshal(text, &manifest)
		}
		text = []byte(manifest.Version)
	case "oha":
		text, err = exec.Command(filepath.Join(p.home, "bin/oha"), "--version").Output() // #nosec G204 -- ours
	case "wrk": // its exit code is 1
		text, _ = exec.Command("wrk", "--version").CombinedOutput()
	default:
		text, err = exec.Command(p.k6, "version").Output() // #nosec G204 -- the binary that the caller names
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w; make bench-peers installs it", name, err)
	}
	found := versionNumber.Find(text)
	if found == nil {
		return "", fmt.Errorf("%s: it does not say its version; make bench-peers installs it", name)
	}
	return string(found), nil
}

// jar is the version in the name of a library.
func jar(pattern string) (string, error) {
	found, _ := filepath.Glob(pattern)
	if len(found) != 1 {
		return "", fmt.Errorf("%s: found %d files; make bench-peers installs it", pattern, len(found))
	}
	return versionNumber.FindString(strings.TrimSuffix(filepath.Base(found[0]), ".jar")), nil
}

func java() string {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return filepath.Join(home, "bin/java")
	}
	return "java"
}

// node is the Node.js that came with the tools, for this architecture.
func (p plan) node() string {
	found, _ := filepath.Glob(p.module("node-linux-*/bin/node"))
	return strings.Join(found, " or ")
}

func (p plan) module(path string) string { return filepath.Join(p.home, "node_modules", path) }

// length is the whole length of a run, in seconds. Some tools start to count long before the first token.
func (p plan) length() int {
	return int((p.warmUp + p.window + time.Second).Round(time.Second) / time.Second)
}
