// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Device is the kind of a record of a trace or a device state; see devices.h.
type Device uint8

// Kinds of records.
const (
	DeviceClock    Device = 1
	DeviceSensor   Device = 2
	DeviceActuator Device = 3
	DeviceGPIOIn   Device = 4
	DeviceGPIOOut  Device = 5
	DeviceKeypad   Device = 6
	DeviceGlobal   Device = 7
	DeviceLocal    Device = 8
	DeviceLCD      Device = 9
)

// Limits of devices.h.
const (
	lcdColumns    = 16 // UB_LCD_COLUMNS
	deviceInputs  = 16 // UB_DEVICE_INPUTS
	deviceGlobals = 32 // UB_DEVICE_GLOBALS
	deviceLocals  = 16 // UB_DEVICE_LOCALS
)

var devices = table("devices.h")

func (d Device) String() string { return text(devices, d, "device") }

// ParseTrace turns the text of a trace into the bytes a job carries. A line is one record, '#' starts a
// comment, numbers are decimal or 0x…:
//
//	clock START STEP                     microseconds: where it starts, how far each look moves it
//	sensor TYPE UNIT SCALE READING...    a reading is one to three values: 21 or 1,2,3
//	actuator TYPE UNIT SCALE DIMENSIONS
//	input PORT PIN LEVEL...
//	keypad KEY...
//	global KEY VALUE...                  the shared store; one or more pairs
//	local KEY VALUE...                   the program's own
func ParseTrace(text string) ([]byte, error) {
	var trace []byte
	inputs := 0
	stores := map[Device]map[string]bool{DeviceGlobal: {}, DeviceLocal: {}} // keys
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		record, err := parseRecord(fields[0], fields[1:])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		switch kind := Device(record[0]); kind {
		case DeviceGlobal, DeviceLocal:
			for p := record[4:]; len(p) > 0; p = p[8:] {
				stores[kind][string(p[:4])] = true
			}
		case DeviceClock:
		default:
			inputs++
		}
		switch {
		case inputs > deviceInputs:
			return nil, fmt.Errorf("line %d: more than %d sensors, actuators, inputs and keypads", n+1, deviceInputs)
		case len(stores[DeviceGlobal]) > deviceGlobals:
			return nil, fmt.Errorf("line %d: more than %d keys in the shared store", n+1, deviceGlobals)
		case len(stores[DeviceLocal]) > deviceLocals:
			return nil, fmt.Errorf("line %d: more than %d keys in the program's store", n+1, deviceLocals)
		}
		trace = append(trace, record...)
	}
	return trace, nil
}

func parseRecord(name string, fields []string) ([]byte, error) {
	var kind Device
	for _, r := range devices {
		if r.Text == name {
			kind = Device(r.Number)
		}
	}
	var payload []byte
	var err error
	switch kind {
	case DeviceClock:
		payload, err = numbers(fields, 4, 2, 2)
	case DeviceGlobal, DeviceLocal:
		if len(fields)%2 != 0 {
			return nil, fmt.Errorf("%s: a key has no value", name)
		}
		payload, err = numbers(fields, 4, 2, 2*deviceGlobals)
	case DeviceSensor:
		payload, err = parseSensor(fields)
	case DeviceActuator:
		payload, err = numbers(fields, 1, 4, 4)
	case DeviceGPIOIn:
		payload, err = numbers(fields, 1, 2, 1<<15)
	case DeviceKeypad:
		payload, err = numbers(fields, 1, 0, 1<<15)
	default:
		return nil, fmt.Errorf("%q is nothing a trace can hold", name)
	}
	if err == nil && len(payload) > 0xffff {
		err = fmt.Errorf("%d bytes of readings, at most 65535 are possible", len(payload))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	record := []byte{byte(kind), 0}
	record = binary.LittleEndian.AppendUint16(record, uint16(len(payload)))
	return append(record, payload...), nil
}

// numbers reads between least and most numbers, each of `size` bytes, signed or not.
func numbers(fields []string, size, least, most int) ([]byte, error) {
	if len(fields) < least || len(fields) > most {
		return nil, fmt.Errorf("%d values, want %d to %d", len(fields), least, most)
	}
	var out []byte
	for _, f := range fields {
		v, err := strconv.ParseInt(f, 0, 64)
		if err != nil || v < -1<<(8*size-1) || v >= 1<<(8*size) {
			return nil, fmt.Errorf("%q is not a number of %d bytes", f, size)
		}
		out = append(out, binary.LittleEndian.AppendUint64(nil, uint64(v))[:size]...)
	}
	return out, nil
}

func parseSensor(fields []string) ([]byte, error) {
	if len(fields) < 3 {
		return nil, fmt.Errorf("%d values, want type, unit, scale and readings", len(fields))
	}
	head, err := numbers(fields[:3], 1, 3, 3)
	if err != nil {
		return nil, err
	}
	dimensions := 1
	var readings []byte
	for i, f := range fields[3:] {
		values := strings.Split(f, ",")
		if i == 0 {
			dimensions = len(values)
		}
		if len(values) != dimensions {
			return nil, fmt.Errorf("reading %q has %d values, the first one has %d", f, len(values), dimensions)
		}
		b, err := numbers(values, 2, 1, 3)
		if err != nil {
			return nil, err
		}
		readings = append(readings, b...)
	}
	return append(append(head, byte(dimensions)), readings...), nil
}

// ParseOutput divides the output of a run into the text it printed and the state it left the
// devices in, as lines that follow the syntax of traces:
//
//	clock NOW STEP
//	global KEY VALUE          one line for each
//	local KEY VALUE
//	output PORT PIN LEVEL WRITES
//	actuator TYPE WRITES VALUE VALUE VALUE
//	lcd "FIRST ROW       " "SECOND ROW      "
//
// Lines of stores may go into the trace of the next program.
func ParseOutput(output []byte) (text string, state []string, err error) {
	printed, records, found := bytes.Cut(output, []byte{0})
	if !found {
		return string(output), nil, nil
	}
	for len(records) > 0 {
		if len(records) < 4 || int(binary.LittleEndian.Uint16(records[2:])) > len(records)-4 {
			return "", nil, fmt.Errorf("device state is truncated")
		}
		n := 4 + int(binary.LittleEndian.Uint16(records[2:]))
		lines, err := formatRecord(Device(records[0]), records[4:n])
		if err != nil {
			return "", nil, err
		}
		state = append(state, lines...)
		records = records[n:]
	}
	return string(printed), state, nil
}

func formatRecord(kind Device, p []byte) (lines []string, err error) {
	u32 := binary.LittleEndian.Uint32
	each := func(size int, f func(p []byte) string) {
		if len(p) == 0 || len(p)%size != 0 {
			err = fmt.Errorf("device state: %d bytes of %s", len(p), kind)
			return
		}
		for ; len(p) > 0; p = p[size:] {
			lines = append(lines, kind.String()+" "+f(p))
		}
	}
	switch kind {
	case DeviceClock, DeviceGlobal, DeviceLocal:
		each(8, func(p []byte) string { return fmt.Sprintf("%d %d", u32(p), u32(p[4:])) })
	case DeviceGPIOOut:
		each(4, func(p []byte) string { return fmt.Sprintf("%d %d %d %d", p[0], p[1], p[2], p[3]) })
	case DeviceActuator:
		each(8, func(p []byte) string {
			value := func(i int) int16 { return int16(binary.LittleEndian.Uint16(p[2+2*i:])) }
			return fmt.Sprintf("%d %d %d %d %d", p[0], p[1], value(0), value(1), value(2))
		})
	case DeviceLCD:
		each(2*lcdColumns, func(p []byte) string { return fmt.Sprintf("%q %q", p[:lcdColumns], p[lcdColumns:2*lcdColumns]) })
	default:
		err = fmt.Errorf("device state: unknown record %d", uint8(kind))
	}
	return lines, err
}
