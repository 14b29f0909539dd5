#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the objects of this folder, with clang 19, LLVM's tools and bpf-gcc 12. What is in them is said in odd_test.go of this package.
set -eu
cd "$(dirname "$0")"
cc="clang-19 --target=bpfel -mcpu=v3 -O2 -w"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

cat >"$t/calls.c" <<'C'
int table[4] = {5, 6, 7, 8};
__attribute__((noinline)) static int helper(int a) { return a * 3; }
int prog(unsigned char *ctx) { return helper(ctx[0]) + table[ctx[1] & 3]; }
C
$cc -c "$t/calls.c" -o calls.o
llvm-objcopy-19 --strip-unneeded --discard-all calls.o stripped-x.o
llvm-objcopy-19 --strip-all calls.o stripped.o
sed 's/table\[4\] = {.*};/table[4];/; s/helper(ctx\[0\]) + //' "$t/calls.c" >"$t/zeros.c"
$cc -c "$t/zeros.c" -o "$t/zeros.o"
llvm-objcopy-19 --strip-all "$t/zeros.o" stripped-data.o
echo 'int prog(unsigned char *ctx) { return ctx[0] * 3; }' >"$t/alone.c"
$cc -c "$t/alone.c" -o "$t/alone.o"
llvm-objcopy-19 --strip-all "$t/alone.o" stripped-alone.o
sed 's/^helper:/.Lhelper:/; s/^\t\.\(type\|size\)\thelper.*//; s/call helper/call .Lhelper/; s/^\.\?\t\.p2align.*helper.*//' >"$t/private.s" <<'S'
	.text
	.globl	prog
	.type	prog,@function
prog:
	r1 = *(u8 *)(r1 + 0)
	call helper
	exit
	.size	prog, .-prog
	.p2align 6
helper:
	r0 = r1
	r0 *= 3
	exit
S
clang-19 --target=bpfel -c "$t/private.s" -o private.o
cat >"$t/untyped.s" <<'S'
	.text
	.globl	prog
prog:
	r1 = *(u8 *)(r1 + 0)
	call second
	exit
	.globl	second
second:
	r0 = r1
	r0 += 40
	exit
S
clang-19 --target=bpfel -c "$t/untyped.s" -o untyped.o
cat >"$t/negative.s" <<'S'
	.text
	.globl	prog
	.type	prog,@function
prog:
	r1 = *(u8 *)(r1 + 0)
	r2 = table-16 ll
	r1 += r2
	r0 = *(u8 *)(r1 + 0)
	r3 = other-3 ll
	r0 <<= 8
	r3 = *(u8 *)(r3 + 3)
	r0 |= r3
	exit
	.size	prog, .-prog
	.section	.rodata,"a",@progbits
other:
	.byte	1, 2, 3, 4, 5
	.section	.data,"aw",@progbits
table:
	.byte	11, 12, 13, 14
S
clang-19 --target=bpfel -c "$t/negative.s" -o negative.o
cat >"$t/weak.c" <<'C'
extern int missing __attribute__((weak));
extern int absent(int) __attribute__((weak));
int prog(unsigned char *ctx) { return ctx[0] ? absent(ctx[0]) : &missing ? missing : 77; }
C
$cc -c "$t/weak.c" -o weak.o
echo 'int common; int prog(int *c) { return common += c[0]; }' >"$t/common.c"
$cc -fcommon -c "$t/common.c" -o common.o
echo 'int n; __attribute__((constructor)) static void start(void) { __asm__ volatile("" ::: "memory"); n = 5; } int prog(void *c) { return n; }' >"$t/constructor.c"
$cc -c "$t/constructor.c" -o constructor.o
clang-19 --target=bpfeb -O2 -w -c "$t/calls.c" -o big-endian.o
$cc -emit-llvm -c "$t/calls.c" -o bitcode.o
rm -f archive.o
llvm-ar-19 rcD archive.o calls.o
clang-19 --target=armv7em-none-eabi -O2 -w -c "$t/calls.c" -o arm.o
cat >"$t/issue.c" <<'C'
int d[8] = {1, 2, 3, 4, 5, 6, 7, 8};
int b = 9;
int prog(int *c) { return d[c[1]] * 10 + b; }
C
bpf-gcc -O1 -c "$t/issue.c" -o gcc.o
# b may be meant, or what lies 4 bytes behind it: nothing tells.
cat >"$t/ambiguous.s" <<'S'
	.text
	.globl	prog
	.type	prog,@function
prog:
	lddw	%r1, second
	ldxw	%r0, [%r1+0]
	exit
	.size	prog, .-prog
	.data
	.long	7
	.globl	second
	.type	second,@object
	.size	second, 16
second:
	.long	8, 9, 10, 11
S
bpf-as "$t/ambiguous.s" -o ambiguous.o
