// SPDX-License-Identifier: GPL-2.0-or-later

// Package results holds data that others published or that was measured before. README.md says
// where each file comes from.
package results

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
)

//go:embed published/*.csv boards.csv peers.csv
var files embed.FS

// Paper is the source of the data in published/.
const Paper = "µBPF: Using eBPF for Microcontroller Compartmentalization, eBPF '24"

// Peers is the source of peers.csv.
const Peers = "the real engines, built from their public sources, counted under libunicorn"

// Rows reads a CSV file of this folder: one map from column to value per row.
func Rows(name string) []map[string]string {
	data, err := files.ReadFile(name)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	r := csv.NewReader(bytes.NewReader(data))
	all, err := r.ReadAll()
	if err != nil || len(all) < 2 {
		panic(fmt.Sprintf("BUG: results/%s: %d rows, %v", name, len(all), err))
	}
	rows := make([]map[string]string, len(all)-1)
	for i, record := range all[1:] {
		rows[i] = make(map[string]string, len(record))
		for j, column := range all[0] {
			rows[i][column] = record[j]
		}
	}
	return rows
}
