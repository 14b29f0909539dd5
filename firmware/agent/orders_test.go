// SPDX-License-Identifier: GPL-2.0-or-later

package agent_test

import (
	"fmt"
	"strings"
	"testing"
)

// prints is a program that prints a digit and returns it, bad one that the verifier refuses.
func prints(n byte) []byte {
	return []byte{0xb7, 1, 0, 0, n, 0, 0, 0, 0x85, 0, 0, 0, 3, 0, 0, 0, 0xb7, 0, 0, 0, n, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}
}

func bad() []byte { return append(prints(3)[:24], 0xff, 0, 0, 0, 0, 0, 0, 0) }

const orderImage = 32 // bytes of these

// model is what a host may rely on: what runs is what was loaded, and that is what was written.
type model struct {
	open, fresh           bool
	image, loaded, output byte // the digit, 0: none
}

// command is one of those that orders are made of. It returns the request, and what the model says of it.
type command struct {
	name    string
	request func(engine byte, seq byte) []byte
	status  func(m *model) (status string)
}

func writes(name string, image []byte, digit byte) command {
	return command{name, func(_, seq byte) []byte {
		return sealed(kindWrite, seq, append([]byte{3, 0, 0, 0, 0, 0, 0, 0}, image...))
	}, func(m *model) string {
		if !m.open {
			return "e-state"
		}
		m.image, m.fresh, m.loaded = digit, true, 0
		return "ok"
	}}
}

func declared(engine byte) []byte {
	p := job(100, 0, orderImage)
	p[0] = engine
	return p
}

var commands = []command{
	{"OPEN", func(engine, seq byte) []byte { return sealed(kindOpen, seq, declared(engine)) }, func(m *model) string {
		*m = model{open: true, fresh: true}
		return "ok"
	}},
	writes("WRITE 1", prints(1), 1),
	writes("WRITE 2", prints(2), 2),
	writes("WRITE bad", bad(), 0),
	{"LOAD", func(_, seq byte) []byte { return sealed(kindLoad, seq, nil) }, func(m *model) string {
		m.output = 0
		if !m.open || !m.fresh {
			return "e-state"
		}
		m.fresh = false
		if m.loaded = m.image; m.loaded == 0 {
			return "e-verify"
		}
		return "ok"
	}},
	{"RUN", func(_, seq byte) []byte { return sealed(kindRun, seq, nil) }, func(m *model) string {
		if m.output = m.loaded; m.loaded == 0 {
			return "e-state"
		}
		return "ok"
	}},
	{"EXEC", func(engine, seq byte) []byte { return sealed(kindExec, seq, append(declared(engine), prints(1)...)) }, func(m *model) string {
		*m = model{open: true, image: 1, loaded: 1, output: 1}
		return "ok"
	}},
	{"READ", func(_, seq byte) []byte { return sealed(kindRead, seq, []byte{5, 0, 2, 0, 0, 0, 0, 0}) }, func(m *model) string {
		if m.output == 0 {
			return "e-argument"
		}
		return "ok"
	}},
	{"INFO", func(_, seq byte) []byte { return sealed(kindInfo, seq, nil) }, func(m *model) string {
		*m = model{}
		return "ok"
	}},
}

// complains says what is wrong with an answer, of a command that the model has seen.
func complains(c command, got answer, want string, m model) string {
	if s := got.status(); s != want && !(want == "e-verify" && strings.HasPrefix(s, want)) {
		return fmt.Sprintf("%s, want %s", s, want)
	}
	switch c.name {
	case "READ":
		if want == "ok" && string(got.payload[12:]) != fmt.Sprintf("%d\n", m.output) {
			return fmt.Sprintf("output %q, want %d", got.payload[12:], m.output)
		}
	case "LOAD", "RUN", "EXEC":
		ran := got.payload[12]&8 != 0
		if r0 := le.Uint64(got.payload[16:]); r0 != uint64(m.output) || ran != (m.output != 0) {
			return fmt.Sprintf("r0 %d, executed %v, want %d", r0, ran, m.output)
		}
		if n := le.Uint32(got.payload[76:]); n != 2*uint32(min(m.output, 1)) {
			return fmt.Sprintf("%d bytes of output, want those of %d", n, m.output)
		}
	}
	return ""
}

// TestOrders gives the agent its commands in every order, up to five of them, and compares each answer with the model's.
func TestOrders(t *testing.T) {
	a := newAgent(t)
	seq, tried := byte(0), 0
	for _, engine := range []byte{3, 7} { // vm, rbpf
		most := 5
		if engine != 3 {
			most = 4
		}
		var from func(order []command)
		from = func(order []command) {
			if len(order) == most {
				tried++
				m := model{}
				seq++
				one(t, a, sealed(kindInfo, seq, nil))
				for i, c := range order {
					seq++
					want := c.status(&m)
					if s := complains(c, one(t, a, c.request(engine, seq)), want, m); s != "" {
						var names []string
						for _, c := range order[:i+1] {
							names = append(names, c.name)
						}
						t.Fatalf("engine %d: %s: %s", engine, strings.Join(names, ", "), s)
					}
				}
				return
			}
			for _, c := range commands {
				from(append(order, c))
			}
		}
		from(nil)
	}
	t.Logf("%d orders", tried)
}

// TestSameChecksum sends a request whose CRC is that of the one before it, but whose bytes are others: it is done.
func TestSameChecksum(t *testing.T) {
	a := newAgent(t)
	one(t, a, sealed(kindOpen, 1, job(10, 8, 8)))
	write := func(data ...byte) []byte {
		return sealed(kindWrite, 2, append([]byte{0, 0, 0, 0, 0, 0, 0, 0}, data...))
	}
	first := write(1, 2, 3, 4, 5, 6, 7, 8)
	want := le.Uint32(first[len(first)-4:])
	other := collide(t, write, want)
	one(t, a, first)
	one(t, a, other)
	got := one(t, a, sealed(kindRead, 3, []byte{0, 0, 8, 0, 0, 0, 0, 0}))
	if string(got.payload[12:]) != string(other[16:24]) {
		t.Errorf("the context holds %x, want %x", got.payload[12:], other[16:24])
	}
}

// collide finds 8 bytes, the first of which is 9, that make a request with this CRC. A CRC is linear: each bit of the
// last four bytes changes it by what it changes alone.
func collide(t *testing.T, request func(data ...byte) []byte, want uint32) []byte {
	t.Helper()
	crc := func(data []byte) uint32 {
		p := request(data...)
		return le.Uint32(p[len(p)-4:])
	}
	data := []byte{9, 9, 9, 9, 0, 0, 0, 0}
	base := crc(data)
	var rows [32]uint64 // effect | which bit
	for i := range 32 {
		data[4+i/8] ^= 1 << (i % 8)
		rows[i] = uint64(crc(data)^base)<<32 | 1<<i
		data[4+i/8] ^= 1 << (i % 8)
	}
	left := uint64(want^base) << 32
	for bit := 63; bit >= 32; bit-- { // Gauss
		for i := range rows {
			if rows[i]>>bit != 1 {
				continue
			}
			row := rows[i]
			for k := range rows {
				if rows[k]>>bit&1 == 1 {
					rows[k] ^= row
				}
			}
			if left>>bit&1 == 1 {
				left ^= row
			}
			break
		}
	}
	if left>>32 != 0 {
		t.Fatal("BUG: no such request")
	}
	le.PutUint32(data[4:], uint32(left))
	p := request(data...)
	if le.Uint32(p[len(p)-4:]) != want {
		t.Fatal("BUG: another CRC")
	}
	return p
}
