// SPDX-License-Identifier: GPL-2.0-or-later

package house

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rooms lists the folders of device C from the bottom up, each with the rooms whose headers its files may include beside its
// own: all of them are above it in the table, so that includes point one way. Folders below a room are part of it unless they are a
// room themselves. C of emulators and of tests is not here; it may include what it wants.
var rooms = []struct {
	name string
	may  []string
}{
	{"examples/include", nil}, // what programs include; the contexts of hooks are among it
	{"abi", []string{"examples/include"}},
	{"benchmarks", []string{"abi"}},
	{"image", []string{"abi"}},
	{"maps", []string{"abi"}},
	{"verify", []string{"abi"}},
	{"vm", []string{"abi"}},
	{"jit", []string{"abi"}},
	{"femto", []string{"abi"}},
	{"baseline/native", []string{"abi", "benchmarks"}},
	{"baseline/rbpf", []string{"abi"}},
	{"baseline/wasm2c", []string{"abi", "baseline/native"}},
	{"ubpf", []string{"abi", "image", "maps", "verify"}},
	{"firmware/helpers", []string{"abi", "maps"}},
	{"firmware/agent", []string{"abi", "vm", "jit", "femto", "baseline/native", "baseline/rbpf", "baseline/wasm2c", "maps", "ubpf", "firmware/helpers"}},
	{"firmware/boot", []string{"firmware/agent"}},
	{"device/config", []string{"abi"}},
	{"device/cbor", nil},
	{"device/crypto", nil},
	{"device/slipmux", nil},
	{"device/coap", nil},
	{"device/store", []string{"firmware/agent"}},
	{"device/oscore", []string{"device/cbor", "device/coap", "device/crypto"}},
	{"device/trust", []string{"abi", "device/cbor", "device/config", "device/crypto"}},
	{"device/supervisor", []string{"abi", "vm", "jit", "maps", "ubpf", "firmware/helpers", "device/config", "device"}},
	{"device/network", []string{"device", "device/slipmux"}},
	{"device/mpu", []string{"firmware/boot", "device"}},
	{"device/console", []string{"device/mpu", "abi", "firmware/agent", "device/supervisor", "device/kernel", "device"}},
	{"device/server", []string{"abi", "maps", "firmware/helpers", "device/cbor", "device/coap", "device/oscore", "device/store", "device/supervisor", "device/trust", "device/config", "device"}},
}

var ownHeader = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include[ \t]+"([\w./-]+)"`)

// roomOf is the most specific room of the table that a folder is in, or "".
func roomOf(dir string) (name string) {
	for _, r := range rooms {
		if within(dir, r.name) && len(r.name) > len(name) {
			name = r.name
		}
	}
	return name
}

func TestIncludesPointOneWay(t *testing.T) {
	order := map[string]int{}
	for i, r := range rooms {
		order[r.name] = i
		for _, other := range r.may {
			if at, ok := order[other]; ok && at >= i || !ok && other != "device" && other != "device/kernel" {
				t.Errorf("%s may include %s, which is not above it in the table", r.name, other)
			}
		}
	}
	used := map[string]bool{}
	for _, name := range tracked(t) {
		room := roomOf(path.Dir(name))
		if room == "" || strings.Contains(name, "testdata/") || !regexp.MustCompile(`\.(c|h|S|inc)$`).MatchString(name) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted in the work tree
		}
		used[room] = true
		for _, m := range ownHeader.FindAllStringSubmatch(string(text), -1) {
			folder := path.Dir(m[1])
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil || folder == "." || within(folder, "build") {
				continue // of another project, a generated one, or beside the file
			}
			to := roomOf(folder)
			if to == "" {
				to = folder
			}
			if to != room && !slices.Contains(rooms[order[room]].may, to) {
				t.Errorf("%s includes %s: %s may not include %s", name, m[1], room, to)
			}
		}
	}
	for _, r := range rooms {
		if !used[r.name] {
			t.Errorf("%s, of the table of rooms, has no C", r.name)
		}
	}
}
