#!/usr/bin/env bash
# Known vulnerabilities in what we call, by govulncheck ($1). Its database is https://vuln.go.dev, or a copy in the folder
# GOVULNDB_DIR. Where there is neither, nothing can be said, and that is said.
set -euo pipefail

database=https://vuln.go.dev
if [ -n "${GOVULNDB_DIR:-}" ]; then
    database="file://$(realpath "$GOVULNDB_DIR")"
elif ! curl --silent --fail --location --max-time 10 --output /dev/null "$database/index/db.json"; then
    echo "govulncheck: NOT RUN: $database cannot be reached; GOVULNDB_DIR can name a folder with a copy of it"
    exit 0
fi
exec "$1" -db "$database" ./...
