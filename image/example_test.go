// SPDX-License-Identifier: GPL-2.0-or-later

package image_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

func ExampleLoadObject() {
	for _, e := range examples.All()[:2] {
		program, err := image.LoadObject(e.Name, e.Object, "")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %d slots, %d bytes of constants\n", e.Name, program.Slots(), len(program.Rodata))
	}
	_, err := image.LoadObject("nothing.o", []byte("nothing"), "")
	fmt.Println(err)
	// Output:
	// bpf_fetch: 8 slots, 0 bytes of constants
	// bpf_store: 25 slots, 67 bytes of constants
	// nothing.o: not an ELF object
}

func ExampleProgram_Encode() {
	// r0 = 7; exit
	program, err := image.FromText("seven", []byte{0xb7, 0, 0, 0, 7, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		log.Fatal(err)
	}
	for _, format := range abi.Formats() {
		data, err := program.Encode(format)
		if errors.Is(err, image.ErrUnsupported) {
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %d bytes\n", format, len(data))
	}
	// Output:
	// text-only: 16 bytes
	// femto-containers: 58 bytes
	// extended-header: 62 bytes
	// packed: 7 bytes
}

func ExampleLoad() {
	program, err := image.FromText("seven", []byte{0xb7, 0, 0, 0, 7, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		log.Fatal(err)
	}
	packed, err := program.Encode(abi.Packed)
	if err != nil {
		log.Fatal(err)
	}
	loaded, err := image.Load(abi.Packed, packed, 0, false) // by the device's own reader
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x\n", loaded.Text)
	packed[len(packed)-1] ^= 1
	_, err = image.Load(abi.Packed, packed, 0, false)
	fmt.Println(err)
	// Output:
	// b7000000070000009500000000000000
	// image checksum does not match
}
