// SPDX-License-Identifier: GPL-2.0-or-later

// Package thumb decodes Thumb-2 as ARMv7-M and its DSP extension define it: length, class,
// registers read and written, memory access, branch target. It also prints UAL.
//
// The encodings are tables of bit patterns (table16.go, table32.go), after the Armv7-M Architecture
// Reference Manual, DDI 0403, chapters A5 and A7. Floating point is recognised as coprocessor space and
// not taken apart. The text agrees with arm-none-eabi-objdump, which the tests check, except
// that branch targets stand alone ("bl 0x8000120") and comments are left out.
//
// The package imports nothing of this module.
package thumb
