# The output of the tests that failed, from the log of go test -v: awk -f failures.awk LOG LOG (it is read twice).

function label(line) {
	sub(/^ *(--- FAIL: |=== (NAME|RUN|CONT|PAUSE) +)/, "", line)
	sub(/ \([0-9.]+s\)$/, "", line)
	return line
}

NR == FNR {
	if (/^ *--- FAIL: /) failed[label($0)] = 1
	next
}

/^=== / { inside = (label($0) in failed); if (inside && /^=== NAME/) print; next }
/^ *--- (PASS|FAIL|SKIP): / { inside = 0; if (/FAIL/) print; next }
/^(FAIL|panic:|WARNING: DATA RACE|make.*\*\*\*)/ { inside = 0; print; next }
inside
