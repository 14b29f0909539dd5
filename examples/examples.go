// SPDX-License-Identifier: GPL-2.0-or-later

// Package examples holds the example programs: objects, what to run them with, and what must come
// of it. The first ten are those of the paper's size figure; the rest is the weather station.
package examples

import (
	"embed"
	"encoding/binary"
	"path"
	"strings"
)

//go:embed */*.bpf.o */*.thumb.o
var objects embed.FS

// Header is bpf_helpers.h, which programs include.
//
//go:embed include/bpf_helpers.h
var Header []byte

// Include is the folder of bpf_helpers.h; in plain are the headers that a C library and Linux would have.
//
//go:embed include
var Include embed.FS

// Example is a program and one run of it.
type Example struct {
	Name    string // of the source and the object
	Folder  string
	Doc     string
	Object  []byte
	Native  []byte   // the same source as an object for Cortex-M4
	Context []byte   // what r1 points at
	Trace   string   // what the devices read, for abi.ParseTrace
	Result  uint64   // r0
	Printed string   // text
	State   []string // what the devices were left in, as abi.ParseOutput says it
	Answer  []byte   // CoAP: the response, at Answered in the context
}

// Paper lists the ten programs of the paper's size figure, in its order.
func Paper() []Example {
	return load([]Example{
		{
			Name: "bpf_fetch", Doc: "reads a value another program left in the shared store",
			Trace: "global 1 4711", Result: 4711, State: []string{"global 1 4711"},
		},
		{
			Name: "bpf_store", Doc: "writes a value into the shared store and reads it back",
			Result:  1234,
			Printed: "Global store, key 1, before: 0\nGlobal store, key 1, after: 1234\n",
			State:   []string{"global 1 1234"},
		},
		{
			Name: "bpf_strlen", Doc: "measures a string in read-only data",
			Result: 21, Printed: "The string \"This is a test string\" has 21 characters\n",
		},
		{
			Name: "bpf_fmt_s16_dfp", Doc: "formats -125 tenths",
			Result: 5, Printed: "Before formatting: _____\nAfter formatting: -12.5\n",
		},
		{
			Name: "bpf_fmt_u32_dec", Doc: "formats 12345 in decimal",
			Result: 5, Printed: "Before formatting: _____\nAfter formatting: 12345\n",
		},
		{
			Name: "printf", Doc: "prints with one to four arguments",
			Printed: "One argument: 1\nTwo arguments: 1, 2\nThree arguments: 1, 2, 3\nFour arguments: 1, 2, 3, 4\n",
		},
		{
			Name: "inlined_calls", Doc: "two functions that the compiler inlines",
			Result:  12345,
			Printed: "first: called with 123\nsecond: called with 12300\nresult: 12345\n",
		},
		{
			Name: "fletcher16_320B", Doc: "Fletcher-16 of 320 bytes of read-only data",
			Result: fletcher16,
		},
		{
			Name: "sensor_processing", Doc: "moving average of a temperature sensor over 15 slots of the store",
			Trace:   "sensor 130 2 -1 240\nglobal 15 3 0 200 1 210 2 220",
			Result:  (200 + 210 + 220 + 240) / 4,
			Printed: "Temperature: 24.0 C\nAverage of 4: 21.7 C\n",
			State:   []string{"global 15 4", "global 0 200", "global 1 210", "global 2 220", "global 3 240"},
		},
		{
			Name: "sensor_processing_from_storage", Doc: "the same over six slots, of a reading another program left",
			Trace:   "global 20 250 6 5 0 200 1 210 2 220 3 230 4 240 5 90",
			Result:  (200 + 210 + 220 + 230 + 240 + 250) / 6,
			Printed: "Reading 25.0 C goes into slot 5\nAverage of 6 readings: 22.5 C\n",
			State: []string{"global 20 250", "global 6 6", "global 0 200", "global 1 210", "global 2 220",
				"global 3 230", "global 4 240", "global 5 250"},
		},
	})
}

// fletcher16 is the checksum of the example's text, computed by another implementation.
const fletcher16 = 56099

// WeatherStation lists the programs of the paper's application, in an order in which they can share
// one store: what each one leaves there is what the next one finds.
func WeatherStation() []Example {
	const measured = "global 1 215 2 480 6 2500 3 320 4 700"
	return load([]Example{
		{
			Name: "update_climate", Doc: "measures temperature and humidity and shares them",
			Trace:   "clock 2500000 1000\nsensor 130 2 -1 215\nsensor 131 8 -1 480",
			Result:  215,
			Printed: "[climate] temperature 21.5 C\n[climate] humidity 48.0 %\n",
			State:   []string{"clock 2501000 1000", "global 1 215", "global 2 480", "global 6 2500"},
		},
		{
			Name: "update_light", Doc: "measures the light and switches a lamp",
			Trace:  "sensor 132 30 0 320\nglobal 1 215 2 480 6 2500",
			Result: 320, Printed: "[light] 320 lx\n",
			State: []string{"global 1 215", "global 2 480", "global 6 2500", "global 3 320", "output 0 5 0 1"},
		},
		{
			Name: "update_sound", Doc: "shares the loudest of eight samples; here the trace ends early",
			Trace:  "sensor 138 0 0 12 700 90\nglobal 1 215 2 480 6 2500 3 320",
			Result: 700, Printed: "[sound] level 700\n",
			State: []string{"global 1 215", "global 2 480", "global 6 2500", "global 3 320", "global 4 700"},
		},
		{
			Name: "display", Doc: "shows one reading on the LCD; keys turn the pages",
			Trace:  measured + "\nkeypad 2",
			Result: 1,
			State: []string{"global 1 215", "global 2 480", "global 6 2500", "global 3 320", "global 4 700", "global 5 1",
				`lcd "Humidity:       " "48.0 %          "`},
		},
		{
			Name: "coap_climate", Doc: "answers a CoAP request with temperature and humidity",
			Trace: measured, Context: coapContext([]byte{0x41, 0x01, 0x12, 0x34, 0xab}),
			Result: 20, Answer: []byte("\x61\x45\x12\x34\xab\xc0\xff21.5 C 48.0 %"),
			State: []string{"global 1 215", "global 2 480", "global 6 2500", "global 3 320", "global 4 700"},
		},
		{
			Name: "coap_surroundings", Doc: "answers a CoAP request with light and sound as JSON",
			Trace: measured, Context: coapContext([]byte{0x50, 0x01, 0x00, 0x07}),
			Result: 32, Answer: []byte("\x50\x45\x00\x07\xc1\x32\xff{\"light\":320,\"sound\":700}"),
			State: []string{"global 1 215", "global 2 480", "global 6 2500", "global 3 320", "global 4 700"},
		},
	})
}

// Hooks lists programs that run when something happens on a device (docs/hooks.md); what comes of them is in internal/servertest and
// internal/devicetest.
func Hooks() []Example {
	return load([]Example{
		{Name: "heartbeat", Doc: "runs ten times a second"},
		{Name: "button", Doc: "runs when a pin goes high, and ignores what bounces"},
		{Name: "thermometer", Doc: "gets each reading of a sensor"},
		{Name: "reading", Doc: "answers requests for a path"},
		{Name: "no_reading", Doc: "answers what the one before it left"},
		{Name: "packet_filter", Doc: "drops datagrams before anybody reads them"},
		{Name: "frame_filter", Doc: "drops what comes over the network for other ports"},
		{Name: "watch", Doc: "is told of faults of other programs"},
		{Name: "started", Doc: "runs when the device has started"},
		{Name: "last_switch", Doc: "runs in an interrupt, at each switch of threads"},
	})
}

// Where the parts of a CoAP context lie: the header helpers know, the request, the response.
const (
	coapHeader  = 12
	coapRequest = 16
	Answered    = coapHeader + coapRequest
	coapAnswer  = 64
)

// coapContext is the context of a program that answers a request.
func coapContext(request []byte) []byte {
	ctx := make([]byte, Answered+coapAnswer)
	for i, v := range []uint16{Answered, coapAnswer, 0, coapHeader, uint16(len(request)), 0} {
		binary.LittleEndian.PutUint16(ctx[2*i:], v)
	}
	copy(ctx[coapHeader:], request)
	return ctx
}

// All lists all examples.
func All() []Example { return append(Paper(), WeatherStation()...) }

// load fills in the objects.
func load(es []Example) []Example {
	found := map[string]string{}
	folders, err := objects.ReadDir(".")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	for _, folder := range folders {
		files, err := objects.ReadDir(folder.Name())
		if err != nil {
			panic("BUG: " + err.Error())
		}
		for _, f := range files {
			if name, ok := strings.CutSuffix(f.Name(), ".bpf.o"); ok {
				found[name] = folder.Name()
			}
		}
	}
	for i := range es {
		e := &es[i]
		e.Folder = found[e.Name]
		for ext, to := range map[string]*[]byte{".bpf.o": &e.Object, ".thumb.o": &e.Native} {
			if *to, err = objects.ReadFile(path.Join(e.Folder, e.Name+ext)); err != nil {
				panic("BUG: " + err.Error())
			}
		}
	}
	return es
}
