// SPDX-License-Identifier: GPL-2.0-or-later

// Package image turns what compilers emit into what devices load: ELF objects into programs
// (LoadObject), programs into image formats (Program.Encode). The readers of the formats are the
// C files of this folder, which run on the device; SPEC.md specifies the formats byte by byte.
//
// It knows nothing of engines or targets, and it is the only package that uses cilium/ebpf: for
// BTF, line information and the names of instructions. Sections and relocations are read with
// debug/elf, because the library rewrites data sections into maps of a kernel we do not have.
package image
