// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/internal/testenv"
)

// Whatever client somebody has reaches every device: the list of resources, the device's id, a ping; everything else is
// for who has a key, whatever it is and however long.
func TestStockClient(t *testing.T) {
	tool, err := exec.LookPath("coap-client-notls")
	if err != nil {
		t.Skip("coap-client-notls is not installed (Debian libcoap3-bin)")
	}
	long := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(long, make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"host", "qemu:netduino2", "qemu:mps2-an385", "qemu:mps2-an386"} {
		if target != "host" && target != mps2() && !testenv.Whole() {
			continue
		}
		t.Run(target, func(t *testing.T) {
			d := start(t, target, t.TempDir())
			for _, c := range []struct {
				args []string
				want string
			}{
				{[]string{"-m", "get", "/.well-known/core"}, `</id>;rt="ubench.id"`},
				{[]string{"-m", "get", "/dev"}, "4.01"},
				{[]string{"-m", "get", "/p"}, "4.01"},
				{[]string{"-m", "put", "-b", "512", "-f", long, "/p/weather"}, "4.01"},
				{[]string{"-m", "post", "-e", "x", "/p/weather/start"}, "4.01"},
				{[]string{"-m", "delete", "/p/weather"}, "4.01"},
				{[]string{"-m", "get", "/.well-known/core"}, `</id>;rt="ubench.id"`},
			} {
				last := len(c.args) - 1
				args := append([]string{"-B", "60"}, append(c.args[:last:last], "coap://"+d.Address+c.args[last])...)
				out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
				if err != nil || !strings.Contains(string(out), c.want) {
					t.Errorf("coap-client %s: %q, %v, want %s", strings.Join(args, " "), out, err, c.want)
				}
			}
			if got := ping(t, d.Address); got != "70001234" {
				t.Errorf("a ping is answered with %s", got)
			}
		})
	}
}

// ping sends an empty message, which is answered with a reset.
func ping(t *testing.T, address string) string {
	t.Helper()
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 10 {
		if _, err := conn.Write([]byte{0x40, 0, 0x12, 0x34}); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		if n, err := conn.Read(b); err == nil {
			return hex.EncodeToString(b[:n])
		}
	}
	return "nothing"
}
