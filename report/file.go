// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"io"
	"os"
	"path/filepath"
)

// WriteFile writes a file in one piece: what write produces goes into a temporary file beside it,
// which takes its name only when all went well. An interrupted run leaves nothing half-written.
func WriteFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
