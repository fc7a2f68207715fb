package command

import (
	"fmt"
	"io"

	"go.k6.io/k6/v2/lib/fsext"
)

// maxSmallFile bounds the files that people write by hand, in bytes: rules, and faults.
const maxSmallFile = 1 << 20

// readSmall reads such a file. A device without an end must not fill the memory.
func readSmall(files fsext.Fs, path string) ([]byte, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSmallFile+1))
	if err == nil && len(text) > maxSmallFile {
		err = fmt.Errorf("%s has more than %d bytes, which is too large", path, maxSmallFile)
	}
	return text, err
}
