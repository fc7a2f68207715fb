package procinfo

import "runtime/debug"

// The modules whose versions describe the binary.
const (
	K6Module        = "go.k6.io/k6/v2"
	ExtensionModule = "github.com/xk6-clientcreds/harness"
)

// VersionOf returns the version of a module in this binary.
func VersionOf(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	return versionIn(info, module)
}

const unknown = "unknown"

func versionIn(info *debug.BuildInfo, module string) string {
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		switch {
		case m.Path != module:
		case m.Replace != nil && m.Replace.Version == "":
			return "(devel)" // built from a folder; k6 version says the same
		case m.Replace != nil:
			return m.Replace.Version
		default:
			return m.Version
		}
	}
	return unknown
}
