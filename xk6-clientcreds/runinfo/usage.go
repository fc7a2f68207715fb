package runinfo

import "time"

// ServerUsage says how much a server under test used of something that it has a limited amount of.
type ServerUsage struct {
	Server   string
	Resource string
	Usage    float64 // of 1
}

// ServerUsages returns the average usages between two times.
type ServerUsages func(from, to time.Time) []ServerUsage
