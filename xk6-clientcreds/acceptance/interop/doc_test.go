package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// matrix holds the results: cells by the names of row and server.
type matrix struct {
	rows, servers []string
	cells         map[string]map[string]cell
}

func newMatrix(rows []interopRow) matrix {
	m := matrix{cells: make(map[string]map[string]cell)}
	for _, row := range rows {
		m.rows = append(m.rows, row.name)
		m.cells[row.name] = make(map[string]cell)
	}
	for _, server := range interopServers {
		m.servers = append(m.servers, server.name)
	}
	return m
}

const interopIntroduction = `# Interoperability

<!-- ` + "`make interop`" + ` writes this page. -->

Each cell is the result of a real ` + "`k6 run`" + ` of this project with a real server, over HTTPS. **works**: the server accepted the
right credential and refused a wrong one. **not offered**: the server also refused the right credential, with the answer
[below](#what-a-server-says-where-it-does-not-work). **ignored**: the server granted a token, but not the requested one. The
servers are ` + "`k6 x clientcreds serve`" + ` of this version,
[oidc-provider](https://github.com/panva/node-oidc-provider) %s,
[Ory Hydra](https://github.com/ory/hydra) %s, [zitadel/oidc](https://github.com/zitadel/oidc) %s with the
storage of its example, which knows secrets only for this grant, and
[Keycloak](https://github.com/keycloak/keycloak) %s in production mode with its default features.

`

const interopMethods = `
The client of ` + "`client_secret_basic`" + ` has an identifier and a secret with characters that RFC 6749 §2.3.1 encodes. In the row
below, decoding changes its secret. No server accepts both: see ` + "`basicEncoding`" + ` in
[options.md](../reference/options.md), and ` + "`--basic-encoding`" + ` of ` + "`serve`" + `. Servers also disagree on the audience of an assertion: see
` + "`assertion.audience`" + `. The other rows use the audience that the server accepts. Brackets contain the member of ` + "`cnf`" + ` that binds
the token to the client's certificate (RFC 8705 §3) or key (RFC 9449 §6), and for discovery the documents below
` + "`/.well-known/`" + `.

`

const interopCredentials = `
The wrong credential is another secret, key, or certificate, an assertion with another audience, the right secret without the
proof, or an unknown token for the exchange. Hydra's introspection endpoint is for administrators, and requires no
credential.
`

// text returns docs/evidence/interop.md.
func (m matrix) text(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, interopIntroduction, packageVersion(t, "oidc-provider"),
		moduleVersion(t, "hydra", "github.com/ory/hydra/v2"), moduleVersion(t, "zitadel", "github.com/zitadel/oidc/v3"),
		composeVersion(t, "keycloak"))
	m.table(&b, func(c cell) string {
		if c.detail != "" {
			return string(c.verdict) + " (" + c.detail + ")"
		}
		return string(c.verdict)
	})
	b.WriteString(interopMethods)
	b.WriteString("## What a server says where it does not work\n\n| Server | | Answer |\n|---|---|---|\n")
	for _, server := range m.servers {
		for _, row := range m.rows {
			if c := m.cells[row][server]; c.answer != "" {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", server, row, strings.ReplaceAll(c.answer, "|", `\|`))
			}
		}
	}
	b.WriteString("\n## What a server says to a wrong credential\n\n")
	m.table(&b, func(c cell) string { return c.wrong })
	b.WriteString(interopCredentials)
	return b.String()
}

// table writes a table of the rows that have a text for some server.
func (m matrix) table(b *strings.Builder, text func(cell) string) {
	fmt.Fprintf(b, "| | %s |\n|---%s|\n", strings.Join(m.servers, " | "), strings.Repeat("|---", len(m.servers)))
	for _, row := range m.rows {
		texts := make([]string, len(m.servers))
		for i, server := range m.servers {
			texts[i] = text(m.cells[row][server])
		}
		if strings.Join(texts, "") != "" {
			fmt.Fprintf(b, "| %s | %s |\n", row, strings.Join(texts, " | "))
		}
	}
}

// lost returns the cells that work in a document, and did not now.
func (m matrix) lost(document string) []string {
	var lost []string
	var servers []string
	for line := range strings.Lines(document) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		switch {
		case len(fields) != len(m.servers)+3:
			if servers != nil {
				return lost // the matrix is the first table
			}
		case servers == nil:
			servers = fields[2:]
		default:
			row := strings.TrimSpace(fields[1])
			for i, field := range fields[2 : len(fields)-1] {
				server := strings.TrimSpace(servers[i])
				if now := m.cells[row][server]; strings.HasPrefix(strings.TrimSpace(field), string(works)) && now.verdict != works {
					lost = append(lost, fmt.Sprintf("%s at %s: %s", row, server, now.answer))
				}
			}
		}
	}
	return lost
}

// packageVersion returns the version of an npm package that tools/npm pins.
func packageVersion(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k6test.Root, "tools/npm/package-lock.json"))
	require.NoError(t, err)
	var lock struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	require.NoError(t, json.Unmarshal(text, &lock))
	version := lock.Packages["node_modules/"+name].Version
	require.NotEmpty(t, version)
	return version
}

// moduleVersion returns the version of a Go module that a folder of tools pins.
func moduleVersion(t *testing.T, folder, module string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k6test.Root, "tools", folder, "go.mod")) // #nosec G304 -- of the project
	require.NoError(t, err)
	version := regexp.MustCompile(regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(text)
	require.NotNil(t, version)
	return string(version[1])
}

// composeVersion returns the version of an image in docker-compose.yml.
func composeVersion(t *testing.T, name string) string {
	t.Helper()
	version := regexp.MustCompile(`/` + name + `:([0-9.]+)`).FindStringSubmatch(
		k6test.ReadFile(t, filepath.Join(k6test.Root, "docker-compose.yml")))
	require.NotNil(t, version)
	return version[1]
}
