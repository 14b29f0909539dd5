// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// frame is what travels, either way.
type frame struct {
	kind    byte
	seq     byte
	payload []byte
}

var le = binary.LittleEndian

func headerCheck(header []byte) uint16 {
	return uint16(crc32.ChecksumIEEE(header[frameKind:frameCheck]))
}

// append encodes the frame. The payload must be at most payloadBytes.
func (f frame) append(p []byte) []byte {
	start := len(p)
	p = append(p, sync0, sync1, f.kind, f.seq)
	p = le.AppendUint16(p, uint16(len(f.payload)))
	p = le.AppendUint16(p, headerCheck(p[start:]))
	p = append(p, f.payload...)
	return le.AppendUint32(p, crc32.ChecksumIEEE(p[start+frameKind:]))
}

// errDamaged means that bytes came that are not a good frame.
var errDamaged = errors.New("damaged frame")

// decoder finds frames in what a link delivers, as agent_frame does on the device: a bad frame
// gives up its first byte only, so that a good one inside is still found.
type decoder struct {
	pending []byte
}

// next returns the next frame, whose payload is valid until the next call of feed. Without a whole
// frame, ok is false; the error is errDamaged when one was dropped.
func (d *decoder) next() (f frame, ok bool, err error) {
	for {
		if i := bytes.IndexByte(d.pending, sync0); i > 0 {
			d.pending = d.pending[i:]
		} else if i < 0 {
			d.pending = d.pending[:0]
		}
		p := d.pending
		if len(p) > 1 && p[1] != sync1 {
			d.pending = p[1:]
			continue
		}
		if len(p) < headerBytes {
			return frame{}, false, err
		}
		length := int(le.Uint16(p[frameLength:]))
		body := headerBytes + length
		if le.Uint16(p[frameCheck:]) != headerCheck(p) || length > payloadBytes {
			err = errDamaged
		} else if len(p) < body+crcBytes {
			return frame{}, false, err
		} else if le.Uint32(p[body:]) != crc32.ChecksumIEEE(p[frameKind:body]) {
			err = errDamaged
		} else {
			d.pending = p[body+crcBytes:]
			return frame{kind: p[frameKind], seq: p[frameSeq], payload: p[headerBytes:body]}, true, nil
		}
		d.pending = p[1:]
	}
}

// skip gives up an incomplete frame. It returns false when there is none.
func (d *decoder) skip() bool {
	if len(d.pending) == 0 {
		return false
	}
	d.pending = d.pending[1:]
	return true
}

func (d *decoder) feed(p []byte) {
	d.pending = append(d.pending[:len(d.pending):len(d.pending)], p...)
}
