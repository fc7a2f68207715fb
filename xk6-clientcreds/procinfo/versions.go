package procinfo

import "runtime/debug"

// The modules whose versions describe the binary.
const (
	K6Module        = "go.k6.io/k6/v2"
	ExtensionModule = "github.com/xk6-clientcreds/harness"
)

// Release is the version of the extension that this code is, or is going to be.
const Release = "v0.1.0"

// WorkingCopy is the version of an extension that was built from a folder. It satisfies a requirement that Release
// satisfies, and is not the same version.
const WorkingCopy = Release + "+devel"

// VersionOf returns the version of a module in this binary.
func VersionOf(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	version := versionIn(info, module)
	if module == ExtensionModule && (version == devel || version == unknown) {
		return WorkingCopy
	}
	return version
}

const (
	unknown = "unknown"
	devel   = "(devel)" // of what was built from a folder
)

func versionIn(info *debug.BuildInfo, module string) string {
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		switch {
		case m.Path != module:
		case m.Replace != nil && m.Replace.Version == "":
			return devel
		case m.Replace != nil:
			return m.Replace.Version
		default:
			return m.Version
		}
	}
	return unknown
}
