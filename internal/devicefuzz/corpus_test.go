// SPDX-License-Identifier: GPL-2.0-or-later

package devicefuzz

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
)

var update = flag.Bool("update", false, "write the inputs that fuzzing begins with")

// The inputs that are kept, in device code under ASan and UBSan: none makes it read what it must not, or breaks a promise.
func TestCorpus(t *testing.T) {
	if *update {
		seeds(t)
	}
	inputs, err := filepath.Glob("corpus/*")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	program := filepath.Join(t.TempDir(), "replay")
	args := []string{"-g", "-O1", "-std=gnu99", "-DREPLAY", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-I../..", "-o", program, "harness/fuzz.c"}
	for _, dir := range []string{"cbor", "coap", "oscore", "slipmux", "trust"} {
		files, err := filepath.Glob("../../device/" + dir + "/*.c")
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, files...)
	}
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	if out, err := exec.Command(program, inputs...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out[max(0, len(out)-4000):])
	}
}

// seeds are well-formed inputs: with the first byte that says what they are for.
func seeds(t *testing.T) {
	write := func(name string, kind byte, parts ...[]byte) {
		if err := os.WriteFile("corpus/seed-"+name, append([]byte{kind}, bytes.Join(parts, nil)...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	write("cbor", 0, h("a301001864016178f6"))

	image := []byte("image")
	key := suit.DevelopmentKey.SigningKey
	for i, m := range []suit.Manifest{
		{Config: device.Config{Name: "weather", Format: 4}, Sequence: 7},
		{
			Config: device.Config{
				Name: "a-long_name-15c", Format: 4, Engine: 2, Restart: 2, Priority: 6, Events: 5, Entry: 3, PeriodMS: 1000,
				Budget: 123456, Ticks: 70000, Context: 512, Mailbox: 256, AllHelpers: true, Devices: 4,
				Keys: []device.Keys{{First: 1, Last: 1 << 31, Rights: 3}, {First: 7, Last: 7, Rights: 1}},
			},
			Sequence: 1<<32 - 1, Start: true, Trial: 90 * time.Second, Application: "station", Answers: suit.Anybody,
		},
	} {
		b, err := m.Envelope(image, key)
		if err != nil {
			t.Fatal(err)
		}
		// What fuzz.c makes of hashes, keys, vendors and classes.
		class, id, sum, none := suit.Class(suit.AnyBoard), key.Public().ID(), sha256.Sum256(image), make([]byte, 32)
		b = bytes.ReplaceAll(b, suit.Vendor[:], append([]byte{1}, none[:15]...))
		b = bytes.ReplaceAll(b, class[:], append([]byte{2}, none[:15]...))
		b = bytes.ReplaceAll(b, id[:], none[:8])
		b = bytes.ReplaceAll(b, sum[:], none)
		// The first digest in it, of the manifest: tag, map, key, string, array, string, array, algorithm, string.
		at := bytes.Index(b, h("822f5820")) + 4
		b = append(append(b[:at:at], none...), b[at+32:]...)
		write([]string{"manifest", "manifest-full"}[i], 1, []byte{50}, b)
	}

	plain, tag := h("01b3747631ff68656c6c6f"), h("0011223344556677")
	request := append(h("44025d1f00003974"+"920914"+"ff"), append(plain, tag...)...)
	known := append(h("44025d1f00003974"+"96091401020304"+"ff"+"01b170"), tag...)
	write("oscore", 2, []byte{0}, request)
	write("oscore-context", 2, []byte{0xf9}, h("44025d1f00003974"+"951914026964"+"ff"), plain, tag)
	write("oscore-lost", 2, []byte{0x1e}, h("44025d1f00003974"+"920914"+"ff"), h("02b170"+"d5e4"+"000000001e"), tag)
	write("answer", 2, []byte{0xf8}, h("64455d1f0000397461056101ff48656c6c6f"))
	write("line", 3, h("c0a94001dbdc0001b174c0c00a68650ac0c0"))
	datagram := func(flags byte, b []byte) []byte { return append([]byte{byte(len(b)), flags | byte(len(b)>>8)}, b...) }
	write("datagrams", 4, datagram(0, h("40010001b170")), datagram(0x20, h("40010002bb2e77656c6c2d6b6e6f776e04636f7265")),
		datagram(0x48, h("4101000355b1706056")), datagram(0x20, known), datagram(0xc0, request), datagram(0, h("70000004")))
}
