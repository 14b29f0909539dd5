// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/emu/field"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// cable is the network of a board, at whose other end we are: a client's transport, which makes frames of datagrams.
type cable struct {
	conn  *net.UDPConn
	board net.Addr
	mac   []byte // the board's
	other chan []byte
	box   *field.Device
	// Frames that were sent, and that came.
	sent, got uint32
}

var (
	ours      = []byte{2, 0, 0, 0, 0, 1}
	broadcast = []byte{255, 255, 255, 255, 255, 255}
	ourIP     = []byte{10, 0, 2, 2}
	boardIP   = []byte{10, 0, 2, 15}
)

const (
	typeIP  = 0x0800
	typeARP = 0x0806
	coap    = 5683
)

func u16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

// frame is one of Ethernet, filled up to its least length.
func frame(to []byte, kind uint16, parts ...[]byte) []byte {
	b := bytes.Join(append([][]byte{to, ours, u16(kind)}, parts...), nil)
	return append(b, make([]byte, max(0, 60-len(b)))...)
}

func sum(b []byte) []byte {
	s := uint32(0)
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 != 0 {
		s += uint32(b[len(b)-1]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return u16(^uint16(s))
}

func ipOf(protocol byte, payload []byte) []byte {
	h := bytes.Join([][]byte{{0x45, 0}, u16(uint16(20 + len(payload))), {0, 1, 0, 0, 64, protocol, 0, 0}, ourIP, boardIP}, nil)
	copy(h[10:], sum(h))
	return append(h, payload...)
}

func udpOf(port uint16, payload []byte) []byte {
	return ipOf(17, bytes.Join([][]byte{u16(40000), u16(port), u16(uint16(8 + len(payload))), {0, 0}, payload}, nil))
}

func echo(id byte) []byte {
	b := append([]byte{8, 0, 0, 0, id, 0, 0, 1}, make([]byte, 8)...)
	copy(b[2:], sum(b))
	return ipOf(1, b)
}

func arp(op byte, to []byte) []byte {
	return bytes.Join([][]byte{{0, 1, 8, 0, 6, 4, 0, op}, ours, ourIP, to, boardIP}, nil)
}

func (c *cable) put(b []byte) error {
	c.sent++
	_, err := c.conn.WriteTo(b, c.board)
	return err
}

// next is the payload of the next datagram of CoAP. What else there is goes to c.other, and questions who we are are answered.
func (c *cable) next(wait time.Duration) ([]byte, error) {
	b := make([]byte, 2048)
	for end := time.Now().Add(wait); ; {
		if err := c.conn.SetReadDeadline(end); err != nil {
			return nil, err
		}
		n, err := c.conn.Read(b)
		if err != nil {
			return nil, err
		}
		f := bytes.Clone(b[:n])
		c.got++
		switch {
		case n < 42:
		case bytes.Equal(f[12:14], u16(typeARP)) && f[21] == 1 && bytes.Equal(f[38:42], ourIP):
			if err := c.put(frame(f[6:12], typeARP, arp(2, f[6:12]))); err != nil {
				return nil, err
			}
		case bytes.Equal(f[12:14], u16(typeIP)) && f[23] == 17 && bytes.Equal(f[34:36], u16(coap)):
			return f[42 : 34+int(binary.BigEndian.Uint16(f[38:]))], nil
		default:
			select {
			case c.other <- f:
			default: // nobody looks
			}
		}
	}
}

func (c *cable) Send(b []byte) error { return c.put(frame(c.mac, typeIP, udpOf(coap, b))) }

func (c *cable) Receive(_ context.Context, wait time.Duration) ([]byte, error) {
	b, err := c.next(wait)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return nil, os.ErrDeadlineExceeded
	}
	return b, err
}

func (c *cable) Close() error { return nil }

// answers sends frames until one comes back that is no datagram of CoAP, or the board has answered a ping of CoAP's that was sent after
// them: whatever it had to say to what came before has been said then.
func (c *cable) answers(t *testing.T, frames ...[]byte) (all [][]byte) {
	t.Helper()
	for _, f := range frames {
		if err := c.put(f); err != nil {
			t.Fatal(err)
		}
	}
	for tries := 0; ; tries++ {
		if err := c.Send([]byte{0x40, 0, 9, 9}); err != nil {
			t.Fatal(err)
		}
		if b, err := c.next(time.Second); err == nil && bytes.Equal(b, []byte{0x70, 0, 9, 9}) {
			break
		} else if tries == 30 {
			t.Fatal("the board does not answer: ", err)
		}
	}
	for {
		select {
		case f := <-c.other:
			all = append(all, f)
		default:
			return all
		}
	}
}

// mps2 is a board of the other kind of chip: by default with a Cortex-M4, so that tests build for one core, with UBENCH_TESTS=all with
// a Cortex-M3.
func mps2() string {
	if testenv.Whole() {
		return "qemu:mps2-an385"
	}
	return "qemu:mps2-an386"
}

// onCable starts a board at the other end of a cable.
func onCable(t *testing.T, board string, fast bool) (*cable, deploy.Device) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	box := startWith(t, field.Options{Target: board, State: t.TempDir(), Frames: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Fast: fast})
	c := &cable{conn: conn, box: box, board: net.UDPAddrFromAddrPort(netip.MustParseAddrPort(box.Address)), other: make(chan []byte, 1000)}
	for range 1000 { // who is there
		if err := c.put(frame(broadcast, typeARP, arp(1, make([]byte, 6)))); err != nil {
			t.Fatal(err)
		}
		_, _ = c.next(100 * time.Millisecond)
		select {
		case f := <-c.other:
			if bytes.Equal(f[12:14], u16(typeARP)) {
				c.mac = bytes.Clone(f[6:12])
				return c, connect(t, c)
			}
		default:
		}
	}
	t.Fatal("nobody at the other end")
	return nil, deploy.Device{}
}

// A program sees each frame that comes, of any protocol and port, and can drop it before the device's network has seen it; another
// sees those that go out.
func TestFrames(t *testing.T) {
	c, d := onCable(t, mps2(), false)
	unreachable := func(fs [][]byte) (n int) {
		for _, f := range fs {
			if len(f) > 34 && f[23] == 1 && f[34] == 3 {
				n++
			}
		}
		return n
	}
	elsewhere := frame(c.mac, typeIP, udpOf(9999, []byte("hello")))
	if n := unreachable(c.answers(t, elsewhere)); n != 1 {
		t.Fatalf("UDP to a port where nobody listens is answered %d times", n)
	}
	for _, x := range examples.Hooks() {
		if x.Name == "frame_filter" {
			deployed(t, d, x)
		}
	}
	if n := unreachable(c.answers(t, elsewhere, elsewhere)); n != 0 {
		t.Errorf("dropped, and answered %d times", n)
	}
	if fs := c.answers(t, frame(c.mac, typeIP, echo(7))); len(fs) != 1 || fs[0][34] != 0 {
		t.Errorf("a ping is answered by %x", fs)
	}
	if fs := c.answers(t, frame(broadcast, typeARP, arp(1, make([]byte, 6)))); len(fs) != 1 || fs[0][21] != 2 {
		t.Errorf("ARP is answered by %x", fs)
	}
	var counts [4]uint32
	for kind := range counts {
		var err error
		if counts[kind], err = d.Value(t.Context(), "frame_filter", uint32(kind)); err != nil {
			t.Fatal(err)
		}
	}
	if counts[0] < 1 || counts[1] < 3 || counts[2] != 2 || counts[3] < 1 { // ARP, CoAP, dropped, the ping
		t.Errorf("seen %v", counts)
	}
	// Frames of a kind of its own, too short, of the longest there are, and those that lie: none is harm.
	long := frame(c.mac, typeIP, udpOf(coap, make([]byte, 1472)))
	lying := frame(c.mac, typeIP, udpOf(9999, make([]byte, 4)))
	lying[17] = 0xff // of the length
	c.answers(t, frame(c.mac, 0x88b5), ours, long, lying, frame(broadcast, typeIP, []byte{0x4f}))
	if err := d.Detach(t.Context(), "frame_filter", nil); err != nil {
		t.Fatal(err)
	}
	if n := unreachable(c.answers(t, elsewhere)); n != 1 {
		t.Errorf("detached: answered %d times", n)
	}
	p, err := d.Program(t.Context(), "frame_filter")
	if err != nil || p.Faults != 0 {
		t.Errorf("%+v %v", p, err)
	}
}

func deployed(t *testing.T, d deploy.Device, x examples.Example) {
	t.Helper()
	p, err := image.LoadObject(x.Name, x.Object, "")
	if err != nil {
		t.Fatal(err)
	}
	job := deploy.Job{Programs: []deploy.Built{{Spec: deploy.Spec{Name: x.Name, Source: x.Name}, Program: p}}, Key: suit.DevelopmentKey.SigningKey}
	if _, err := job.Do(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}
