package exporter

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// checkTextfile looks, before the test, for the folder that the file is to be in.
func checkTextfile(name string) error {
	if name == "" {
		return nil
	}
	folder, err := os.Stat(filepath.Dir(name))
	if err == nil && !folder.IsDir() {
		err = fmt.Errorf("%s is not a folder", filepath.Dir(name))
	}
	if err != nil {
		return fmt.Errorf("option \"textfile\": %w; allowed: a file in a folder that exists", err)
	}
	return nil
}

// writeTextfile writes all metrics to a file in the text format. The file appears whole: it is
// written under another name beside it first.
func writeTextfile(name string, gatherer prometheus.Gatherer) error {
	if err := replaceFile(name, gatherer); err != nil {
		return fmt.Errorf("option \"textfile\": %w", err)
	}
	return nil
}

func replaceFile(name string, gatherer prometheus.Gatherer) (err error) {
	families, err := gatherer.Gather()
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	w := bufio.NewWriter(file)
	encoder := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := file.Chmod(0o644); err != nil { // what other programs write too; CreateTemp makes it private
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
