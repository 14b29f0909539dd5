// SPDX-License-Identifier: GPL-2.0-or-later

package agent_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/firmware/agent"
)

// Numbers of abi/wire.h.
const (
	kindInfo, kindOpen, kindWrite, kindLoad, kindRun, kindRead, kindExec = 1, 2, 3, 4, 5, 6, 7
	kindError                                                            = 0xff
	frameBytes                                                           = 1036
)

var le = binary.LittleEndian

func newAgent(t testing.TB) *agent.Agent {
	a, err := agent.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func sealed(kind, seq byte, payload []byte) []byte {
	p := []byte{0xb5, 0x4e, kind, seq}
	p = le.AppendUint16(p, uint16(len(payload)))
	p = le.AppendUint16(p, uint16(crc32.ChecksumIEEE(p[2:])))
	p = append(p, payload...)
	return le.AppendUint32(p, crc32.ChecksumIEEE(p[2:]))
}

type answer struct {
	kind, seq byte
	payload   []byte
}

func (a answer) status() string { return abi.Status(int32(le.Uint32(a.payload))).Name() }

// answers takes apart what the agent sent, which must be whole good frames and nothing else.
func answers(t testing.TB, p []byte) []answer {
	t.Helper()
	var all []answer
	for len(p) > 0 {
		if len(p) < 12 || p[0] != 0xb5 || p[1] != 0x4e {
			t.Fatalf("the agent sent what is not a frame: %x", p)
		}
		n := 8 + int(le.Uint16(p[4:]))
		if len(p) < n+4 || n+4 > frameBytes || le.Uint32(p[n:]) != crc32.ChecksumIEEE(p[2:n]) ||
			le.Uint16(p[6:]) != uint16(crc32.ChecksumIEEE(p[2:6])) || n < 20 {
			t.Fatalf("the agent sent a bad frame: %x", p)
		}
		all = append(all, answer{p[2], p[3], p[8:n]})
		p = p[n+4:]
	}
	return all
}

// one asks and returns the only answer.
func one(t testing.TB, a *agent.Agent, p []byte) answer {
	t.Helper()
	got := answers(t, a.Receive(p))
	if len(got) != 1 {
		t.Fatalf("%d answers, want 1: %v", len(got), got)
	}
	return got[0]
}

// job declares one of the vm (engine 3) with a text-only image.
func job(budget, context, image int) []byte {
	p := make([]byte, 24)
	p[0], p[1] = 3, 1
	le.PutUint32(p[8:], uint32(budget))
	le.PutUint32(p[12:], uint32(context))
	le.PutUint32(p[20:], uint32(image))
	return p
}

func TestBadFramesAreNamed(t *testing.T) {
	good := sealed(kindRead, 7, make([]byte, 8))
	flip := func(i int) []byte {
		p := bytes.Clone(good)
		p[i] ^= 0x10
		return p
	}
	for _, test := range []struct {
		name   string
		bytes  []byte
		status string
	}{
		{"length", flip(4), "e-frame-crc"},
		{"check", flip(6), "e-frame-crc"},
		{"payload", flip(9), "e-frame-crc"},
		{"crc", flip(len(good) - 1), "e-frame-crc"},
		{"oversized", sealed(kindRead, 7, make([]byte, 1025)), "e-frame-length"},
		{"command", sealed(99, 7, nil), "e-command"},
		{"short read", sealed(kindRead, 7, nil), "e-frame-short"},
		{"short write", sealed(kindWrite, 7, nil), "e-frame-short"},
		{"short open", sealed(kindOpen, 7, nil), "e-frame-short"},
		{"short exec", sealed(kindExec, 7, job(1, 0, 8)), "e-frame-short"},
		{"long exec", sealed(kindExec, 7, append(job(1, 0, 8), make([]byte, 9)...)), "e-frame-short"},
		{"long open", sealed(kindOpen, 7, append(job(1, 0, 8), 0)), "e-argument"},
		{"load first", sealed(kindLoad, 7, nil), "e-state"},
		{"run first", sealed(kindRun, 7, nil), "e-state"},
		{"read first", sealed(kindRead, 7, make([]byte, 8)), "e-state"},
		{"write first", sealed(kindWrite, 7, make([]byte, 8)), "e-state"},
	} {
		a := newAgent(t)
		got := answers(t, a.Receive(test.bytes))
		if len(got) == 0 || got[0].status() != test.status || got[0].seq != 7 {
			t.Errorf("%s: %v; want %s", test.name, got, test.status)
		}
		if got := answers(t, a.Receive(append(make([]byte, frameBytes), sealed(kindInfo, 9, nil)...))); len(got) == 0 ||
			got[len(got)-1].status() != "ok" {
			t.Errorf("%s: the agent does not go on", test.name)
		}
	}
}

func TestOneReportPerBadFrame(t *testing.T) {
	// A broken frame whose payload is full of beginnings of frames.
	p := sealed(kindRead, 1, bytes.Repeat([]byte{0xb5, 0x4e}, 400))
	p[len(p)-1] ^= 1
	if got := answers(t, newAgent(t).Receive(append(p, make([]byte, 16)...))); len(got) != 1 {
		t.Errorf("%d answers, want 1", len(got))
	}
}

func TestGoodFrameInsideABadOne(t *testing.T) {
	// The header promises 300 bytes; the frame in them is good.
	p := sealed(kindRead, 1, make([]byte, 300))[:8]
	p = append(p, sealed(kindInfo, 2, nil)...)
	got := answers(t, newAgent(t).Receive(append(p, make([]byte, 304)...)))
	if len(got) != 2 || got[0].status() != "e-frame-crc" || got[1].kind != kindInfo|0x80 || got[1].seq != 2 {
		t.Errorf("%v", got)
	}
}

func TestRepeatedRequestIsDoneOnce(t *testing.T) {
	a := newAgent(t)
	image := []byte{
		0x61, 0x10, 0, 0, 0, 0, 0, 0, // r0 = *(u32 *)r1
		0x07, 0x00, 0, 0, 1, 0, 0, 0, // r0 += 1
		0x63, 0x01, 0, 0, 0, 0, 0, 0, // *(u32 *)r1 = r0
		0x95, 0, 0, 0, 0, 0, 0, 0,
	}
	exec := append(job(10, 4, len(image)), 0, 0, 0, 0)
	if got := one(t, a, sealed(kindExec, 1, append(exec, image...))); got.status() != "ok" {
		t.Fatal(got.status())
	}
	run := sealed(kindRun, 2, nil)
	first := one(t, a, run)
	damaged := bytes.Clone(run)
	damaged[9] ^= 1
	if got := one(t, a, damaged); got.status() != "e-frame-crc" {
		t.Errorf("damaged: %s", got.status())
	}
	again := one(t, a, run)
	if !bytes.Equal(first.payload, again.payload) || le.Uint64(first.payload[16:]) != 2 {
		t.Errorf("r0 = %d, then %d; want 2", le.Uint64(first.payload[16:]), le.Uint64(again.payload[16:]))
	}
	if next := one(t, a, sealed(kindRun, 3, nil)); le.Uint64(next.payload[16:]) != 3 {
		t.Errorf("the next run gives %d, want 3", le.Uint64(next.payload[16:]))
	}
	// What runs is what was verified: a write to the image unloads it.
	one(t, a, sealed(kindWrite, 4, append([]byte{3, 0, 0, 0, 12, 0, 0, 0}, 5))) // r0 += 5
	if got := one(t, a, sealed(kindRun, 5, nil)); got.status() != "e-state" {
		t.Errorf("run of an image that was written to: %s", got.status())
	}
	if got := one(t, a, sealed(kindLoad, 6, nil)); got.status() != "ok" {
		t.Errorf("load: %s", got.status())
	}
	if next := one(t, a, sealed(kindRun, 7, nil)); le.Uint64(next.payload[16:]) != 8 {
		t.Errorf("the changed program gives %d, want 8", le.Uint64(next.payload[16:]))
	}
	// A session that begins anew may number its requests the same.
	one(t, a, sealed(kindInfo, 1, nil))
	if got := one(t, a, sealed(kindRun, 3, nil)); got.status() != "e-state" {
		t.Errorf("after INFO: %s", got.status())
	}
}

func TestAreasAreBounded(t *testing.T) {
	a := newAgent(t)
	if got := one(t, a, sealed(kindOpen, 1, job(10, 100, 16))); got.status() != "ok" {
		t.Fatal(got.status())
	}
	access := func(area, index byte, count uint16, offset uint32, data ...byte) []byte {
		p := []byte{area, index}
		p = le.AppendUint16(p, count)
		return append(le.AppendUint32(p, offset), data...)
	}
	for i, test := range []struct {
		kind    byte
		payload []byte
		status  string
	}{
		{kindWrite, access(0, 0, 0, 96, 1, 2, 3, 4), "ok"},
		{kindWrite, access(0, 0, 0, 97, 1, 2, 3, 4), "e-argument"},
		{kindWrite, access(0, 0, 0, 0xffffffff, 1, 2), "e-argument"},
		{kindWrite, access(1, 0, 0, 0, 1), "e-argument"},
		{kindWrite, access(4, 0, 0, 0, 1), "e-argument"},
		{kindWrite, access(5, 0, 0, 0, 1), "e-argument"},
		{kindWrite, access(200, 0, 0, 0, 1), "e-argument"},
		{kindRead, access(0, 0, 4, 96), "ok"},
		{kindRead, access(0, 0, 5, 96), "e-argument"},
		{kindRead, access(0, 0, 2, 0xffffffff), "e-argument"},
		{kindRead, access(3, 0, 0xffff, 0), "e-argument"},
		{kindRead, access(4, 0, 1, 0), "e-argument"},
		{kindRead, access(5, 0, 1, 0), "e-argument"},
	} {
		got := one(t, a, sealed(test.kind, byte(10+i), test.payload))
		if got.status() != test.status {
			t.Errorf("%d: %s, want %s", i, got.status(), test.status)
		}
		if test.kind == kindRead && test.status == "ok" && !bytes.Equal(got.payload[12:], []byte{1, 2, 3, 4}) {
			t.Errorf("read back %x", got.payload[12:])
		}
	}
}

// Whatever comes, it is answered with frames, and the next good one is answered well.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\xb5\x4e\xb5\x4e\xb5"))
	f.Add(sealed(kindInfo, 0, nil)[:5])
	f.Add(sealed(kindRead, 0, make([]byte, 1024))[:500])
	f.Add(sealed(kindRead, 0, make([]byte, 1025)))
	a := newAgent(f)
	f.Fuzz(func(t *testing.T, p []byte) {
		answers(t, a.Receive(p))
		answers(t, a.Receive(make([]byte, frameBytes)))
		got := answers(t, a.Receive(sealed(kindInfo, 1, nil)))
		if len(got) != 1 || got[0].kind != kindInfo|0x80 || got[0].seq != 1 || got[0].status() != "ok" {
			t.Fatalf("after %x: %v", p, got)
		}
	})
}

// Requests of any content, in any order. The input is a row of: kind, length (16 bits), payload.
func FuzzAgent(f *testing.F) {
	add := func(requests ...[]byte) {
		f.Add(bytes.Join(requests, nil))
	}
	request := func(kind byte, payload []byte) []byte {
		return append(le.AppendUint16([]byte{kind}, uint16(len(payload))), payload...)
	}
	exit := []byte{0x95, 0, 0, 0, 0, 0, 0, 0}
	for engine := range byte(8) {
		j := job(10, 4, 8)
		j[0] = engine
		add(request(kindExec, append(append(j, 1, 0, 0, 0), exit...)), request(kindRun, nil), request(kindRead, make([]byte, 8)))
	}
	add(request(kindOpen, job(10, 4, 8)), request(kindWrite, append([]byte{3, 0, 0, 0, 0, 0, 0, 0}, exit...)),
		request(kindLoad, nil), request(kindRun, nil), request(kindRun, nil))
	a := newAgent(f)
	seq := byte(0)
	f.Fuzz(func(t *testing.T, p []byte) {
		for len(p) >= 3 {
			kind, n := p[0], min(int(le.Uint16(p[1:])), 1024, len(p)-3)
			payload := bytes.Clone(p[3 : 3+n])
			p = p[3+n:]
			if (kind == kindOpen || kind == kindExec) && n >= 24 {
				payload[9] &= 0x0f // budgets of thousands, not billions
				payload[10], payload[11] = 0, 0
			}
			seq++
			got := answers(t, a.Receive(sealed(kind, seq, payload)))
			if len(got) != 1 || got[0].seq != seq || got[0].kind != kind|0x80 {
				t.Fatalf("kind %d: %v", kind, got)
			}
		}
	})
}
