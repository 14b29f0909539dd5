// SPDX-License-Identifier: GPL-2.0-or-later

// Package toolchains compares what compilers make of the same sources: testdata/src is compiled by clang and
// by bpf-gcc, with eight sets of options each, and for the host; every engine must give what the host gives, in
// every format. Objects of bpf-gcc are kept, for computers that do not have it. All other objects of the
// repository run through every format and engine as well.
package toolchains
