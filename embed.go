package harness

import "embed"

// files is what the commands give to their users: scenarios, dashboards, rules, and types.
//
//go:embed scripts dashboards index.d.ts docker-compose.yml
var files embed.FS
