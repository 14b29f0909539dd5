// SPDX-License-Identifier: GPL-2.0-or-later

package results

import (
	"io/fs"
	"strconv"
	"testing"
)

func TestNumbersAreNumbers(t *testing.T) {
	const unknown = 5 // boards whose flash or RAM their source does not say
	empty := 0
	want := map[string]int{
		"published/mubpf-fletcher16.csv": 64, "published/mubpf-memory-check-cache.csv": 20,
		"published/mubpf-program-sizes.csv": 50, "published/others.csv": 22, "boards.csv": 1069 + unknown, "peers.csv": 60,
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rows := Rows(name)
		if len(rows) != want[name] {
			t.Errorf("%s: %d rows, want %d", name, len(rows), want[name])
		}
		for i, row := range rows {
			for column, value := range row {
				switch column {
				case "size_bytes", "microseconds", "bytes", "allowed_regions", "instructions", "flash_kib", "ram_kib", "value":
					if value == "" && name == "boards.csv" {
						empty++
					} else if n, err := strconv.ParseFloat(value, 64); err != nil || n < 0 {
						t.Errorf("%s: row %d: %s %q", name, i+2, column, value)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if empty != unknown+1 { // one lacks both
		t.Errorf("boards.csv: %d sizes are empty", empty)
	}
}
