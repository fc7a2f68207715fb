package harness

import "embed"

// files holds the files that commands give to their users: scenarios, dashboards, rules, and types.
//
//go:embed scripts dashboards index.d.ts docker-compose.yml
var files embed.FS
