// SPDX-License-Identifier: GPL-2.0-or-later

// Package asm reads eBPF as image.Disassemble writes it, for tests of analyses: an instruction a line, with
// names in place of slots where jumps lead to.
package asm

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/image"
)

var signs = map[string]byte{"+=": 0x00, "-=": 0x10, "*=": 0x20, "/=": 0x30, "|=": 0x40, "&=": 0x50, "<<=": 0x60,
	">>=": 0x70, "%=": 0x90, "^=": 0xa0, "=": 0xb0, "s>>=": 0xc0}

var relations = map[string]byte{"==": 0x10, ">": 0x20, ">=": 0x30, "&": 0x40, "!=": 0x50, "s>": 0x60, "s>=": 0x70,
	"<": 0xa0, "<=": 0xb0, "s<": 0xc0, "s<=": 0xd0}

var sizes = map[string]byte{"32": 0x00, "16": 0x08, "8": 0x10, "64": 0x18}

var (
	label  = regexp.MustCompile(`^(\w+):$`)
	branch = regexp.MustCompile(`^if ([rw])(\d+) (\S+) (\S+) goto (\w+)$`)
	jump   = regexp.MustCompile(`^goto (\w+)$`)
	call   = regexp.MustCompile(`^call (\w+)$`)
	callx  = regexp.MustCompile(`^callx r(\d+)$`)
	helper = regexp.MustCompile(`^call #(\d+)$`)
	load   = regexp.MustCompile(`^r(\d+) = \*\(([us])(\d+) \*\)\(r(\d+) ([+-]\d+)\)$`)
	store  = regexp.MustCompile(`^\*\(u(\d+) \*\)\(r(\d+) ([+-]\d+)\) = (\S+)$`)
	atomic = regexp.MustCompile(`^lock \*\(u(\d+) \*\)\(r(\d+) ([+-]\d+)\) \+= r(\d+)$`)
	lddw   = regexp.MustCompile(`^r(\d+) = (function )?(\S+) ll$`)
	ends   = regexp.MustCompile(`^r(\d+) = (be|le|bswap)(\d+) r\d+$`)
	extend = regexp.MustCompile(`^([rw])(\d+) = \(s(\d+)\)[rw](\d+)$`)
	neg    = regexp.MustCompile(`^([rw])(\d+) = -[rw]\d+$`)
	alu    = regexp.MustCompile(`^([rw])(\d+) (\S+) (\S+)$`)
)

// Program assembles a program, which begins at its first instruction.
func Program(source string) (*image.Program, error) {
	var lines []string
	labels := map[string]int{}
	slot := 0
	for line := range strings.Lines(source) {
		line, _, _ = strings.Cut(line, ";")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if m := label.FindStringSubmatch(line); m != nil {
			labels[m[1]] = slot
			continue
		}
		lines = append(lines, line)
		if slot++; lddw.MatchString(line) {
			slot++
		}
	}
	var text []byte
	for _, line := range lines {
		code, err := instruction(line, len(text)/8, labels)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		text = append(text, code...)
	}
	return image.FromText("test", text)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		u, _ := strconv.ParseUint(s, 0, 64)
		n = int64(u)
	}
	return n
}

func slotOp(op, dst, src byte, off int16, imm int32) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{op, src<<4 | dst}, uint16(off))
	return binary.LittleEndian.AppendUint32(b, uint32(imm))
}

func reg(s string) byte { return byte(number(strings.TrimLeft(s, "rw"))) }

// operand is a register or a number: the source bit, the register and the number.
func operand(s string) (x, src byte, imm int32) {
	if s[0] == 'r' || s[0] == 'w' {
		return 8, reg(s), 0
	}
	return 0, 0, int32(number(s))
}

func instruction(line string, slot int, labels map[string]int) ([]byte, error) {
	to := func(name string) int {
		if at, ok := labels[name]; ok {
			return at - slot - 1
		}
		return int(number(name)) - slot - 1
	}
	width := func(prefix string, narrow, wide byte) byte {
		if prefix == "w" {
			return narrow
		}
		return wide
	}
	if line == "exit" {
		return slotOp(0x95, 0, 0, 0, 0), nil
	}
	if m := branch.FindStringSubmatch(line); m != nil {
		op, ok := relations[m[3]]
		if !ok {
			return nil, fmt.Errorf("relation %s", m[3])
		}
		x, src, imm := operand(m[4])
		return slotOp(op|x|width(m[1], 6, 5), reg(m[2]), src, int16(to(m[5])), imm), nil
	}
	if m := jump.FindStringSubmatch(line); m != nil {
		return slotOp(0x05, 0, 0, int16(to(m[1])), 0), nil
	}
	if m := helper.FindStringSubmatch(line); m != nil {
		return slotOp(0x85, 0, 0, 0, int32(number(m[1]))), nil
	}
	if m := callx.FindStringSubmatch(line); m != nil {
		return slotOp(0x8d, reg(m[1]), 0, 0, 0), nil
	}
	if m := call.FindStringSubmatch(line); m != nil {
		return slotOp(0x85, 0, 1, 0, int32(to(m[1]))), nil
	}
	if m := load.FindStringSubmatch(line); m != nil {
		mode := byte(0x60)
		if m[2] == "s" {
			mode = 0x80
		}
		return slotOp(1|mode|sizes[m[3]], reg(m[1]), reg(m[4]), int16(number(m[5])), 0), nil
	}
	if m := store.FindStringSubmatch(line); m != nil {
		x, src, imm := operand(m[4])
		return slotOp(0x62|x>>3|sizes[m[1]], reg(m[2]), src, int16(number(m[3])), imm), nil
	}
	if m := atomic.FindStringSubmatch(line); m != nil {
		return slotOp(0xc3|sizes[m[1]], reg(m[2]), reg(m[4]), int16(number(m[3])), 0), nil
	}
	if m := lddw.FindStringSubmatch(line); m != nil {
		if m[2] != "" {
			return append(slotOp(0x18, reg(m[1]), 4, 0, int32(to(m[3]))), slotOp(0, 0, 0, 0, 0)...), nil
		}
		v := number(m[3])
		return append(slotOp(0x18, reg(m[1]), 0, 0, int32(v)), slotOp(0, 0, 0, 0, int32(v>>32))...), nil
	}
	if m := ends.FindStringSubmatch(line); m != nil {
		op := map[string]byte{"le": 0xd4, "be": 0xdc, "bswap": 0xd7}[m[2]]
		return slotOp(op, reg(m[1]), 0, 0, int32(number(m[3]))), nil
	}
	if m := extend.FindStringSubmatch(line); m != nil {
		return slotOp(0xb8|width(m[1], 4, 7), reg(m[2]), reg(m[4]), int16(number(m[3])), 0), nil
	}
	if m := neg.FindStringSubmatch(line); m != nil {
		return slotOp(0x80|width(m[1], 4, 7), reg(m[2]), 0, 0, 0), nil
	}
	if m := alu.FindStringSubmatch(line); m != nil {
		sign, off := m[3], int16(0)
		if sign == "s/=" || sign == "s%=" {
			sign, off = sign[1:], 1
		}
		op, ok := signs[sign]
		if !ok {
			return nil, fmt.Errorf("no such operation")
		}
		x, src, imm := operand(m[4])
		return slotOp(op|x|width(m[1], 4, 7), reg(m[2]), src, off, imm), nil
	}
	return nil, fmt.Errorf("no instruction")
}
