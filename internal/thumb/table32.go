// SPDX-License-Identifier: GPL-2.0-or-later

package thumb

// The columns are explained in table16.go. Encodings that ARMv7-M calls unpredictable are decoded
// by the nearest row: the table is for reading code, not for judging it.
var table32 = concat(multiple, dualExclusive, shiftedRegister, modifiedImmediate, plainImmediate,
	branchControl, single, registerData, multiply, coprocessor)

// Load and store multiple. DDI 0403 A5.3.5.
var multiple = []row{
	{"1110 1000 10 w 0 nnnn rrrr rrrr rrrr rrrr", "stmia{c}.w {n}{w!}, {r}", StoreMultiple, "=r@n!", 4},
	{"1110 1000 10 w 1 nnnn 1rrr rrrr rrrr rrrr", "ldmia{c}.w {n}{w!}, {r15}", LoadMultiplePC, "rP=@n!", 4},
	{"1110 1000 10 w 1 nnnn 0rrr rrrr rrrr rrrr", "ldmia{c}.w {n}{w!}, {r}", LoadMultiple, "r=@n!", 4},
	{"1110 1001 00 w 0 nnnn rrrr rrrr rrrr rrrr", "stmdb{c} {n}{w!}, {r}", StoreMultiple, "=r@n!", 4},
	{"1110 1001 00 w 1 nnnn 1rrr rrrr rrrr rrrr", "ldmdb{c} {n}{w!}, {r15}", LoadMultiplePC, "rP=@n!", 4},
	{"1110 1001 00 w 1 nnnn 0rrr rrrr rrrr rrrr", "ldmdb{c} {n}{w!}, {r}", LoadMultiple, "r=@n!", 4},
}

// Dual, exclusive and table branch. DDI 0403 A5.3.6.
var dualExclusive = []row{
	{"1110 1000 1101 nnnn 1111 0000 0000 mmmm", "tbb{c} [{n}, {m}]", TableBranch, "P=@nm", 1},
	{"1110 1000 1101 nnnn 1111 0000 0001 mmmm", "tbh{c} [{n}, {m}, lsl #1]", TableBranch, "P=@nm", 2},
	{"1110 1000 0100 nnnn tttt dddd iiii iiii", "strex{c} {d}, {t}, [{n}{,#i4}]", Exclusive, "d=t@n", 4},
	{"1110 1000 0101 nnnn tttt 1111 iiii iiii", "ldrex{c} {t}, [{n}{,#i4}]", Exclusive, "t=@n", 4},
	{"1110 1000 1100 nnnn tttt 1111 0100 dddd", "strexb{c} {d}, {t}, [{n}]", Exclusive, "d=t@n", 1},
	{"1110 1000 1100 nnnn tttt 1111 0101 dddd", "strexh{c} {d}, {t}, [{n}]", Exclusive, "d=t@n", 2},
	{"1110 1000 1101 nnnn tttt 1111 0100 1111", "ldrexb{c} {t}, [{n}]", Exclusive, "t=@n", 1},
	{"1110 1000 1101 nnnn tttt 1111 0101 1111", "ldrexh{c} {t}, [{n}]", Exclusive, "t=@n", 2},
	{"1110 1000 -10- ---- ---- ---- ---- ----", ".inst.w {raw}", Undefined, "=", 0},
	{"1110 100p v1 w 0 nnnn tttt uuuu iiii iiii", "strd{c} {t}, {u}, {adr4}", StoreDual, "=tu@n!", 4},
	{"1110 100p v1 w 1 nnnn tttt uuuu iiii iiii", "ldrd{c} {t}, {u}, {adr4}", LoadDual, "tu=@n!", 4},
}

// Data processing, shifted register. DDI 0403 A5.3.11.
var shiftedRegister = []row{
	{"1110101 0000 1 nnnn 0iii 1111 iiyy mmmm", "tst{c}.w {n}, {m}{sh}", ALU, "=nm", 0},
	{"1110101 0000 z nnnn 0iii dddd iiyy mmmm", "and{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 0001 z nnnn 0iii dddd iiyy mmmm", "bic{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 0010 z 1111 0000 dddd 0000 mmmm", "mov{z}{c}.w {d}, {m}", ALU, "d=m", 0},
	{"1110101 0010 z 1111 0000 dddd 0011 mmmm", "rrx{z}{c} {d}, {m}", ALU, "d=m", 0},
	{"1110101 0010 z 1111 0iii dddd iiyy mmmm", "{y}{z}{c}.w {d}, {m}, {y#}", ALU, "d=m", 0},
	{"1110101 0010 z nnnn 0iii dddd iiyy mmmm", "orr{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 0011 z 1111 0iii dddd iiyy mmmm", "mvn{z}{c}.w {d}, {m}{sh}", ALU, "d=m", 0},
	{"1110101 0011 z nnnn 0iii dddd iiyy mmmm", "orn{z}{c} {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 0100 1 nnnn 0iii 1111 iiyy mmmm", "teq{c} {n}, {m}{sh}", ALU, "=nm", 0},
	{"1110101 0100 z nnnn 0iii dddd iiyy mmmm", "eor{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 0110 0 nnnn 0iii dddd ii00 mmmm", "pkhbt{c} {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 0110 0 nnnn 0iii dddd ii10 mmmm", "pkhtb{c} {d}, {n}, {m}{sh2}", ALU, "d=nm", 0},
	{"1110101 1000 1 nnnn 0iii 1111 iiyy mmmm", "cmn{c}.w {n}, {m}{sh}", ALU, "=nm", 0},
	{"1110101 1000 z nnnn 0iii dddd iiyy mmmm", "add{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 1010 z nnnn 0iii dddd iiyy mmmm", "adc{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 1011 z nnnn 0iii dddd iiyy mmmm", "sbc{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 1101 1 nnnn 0iii 1111 iiyy mmmm", "cmp{c}.w {n}, {m}{sh}", ALU, "=nm", 0},
	{"1110101 1101 z nnnn 0iii dddd iiyy mmmm", "sub{z}{c}.w {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
	{"1110101 1110 z nnnn 0iii dddd iiyy mmmm", "rsb{z}{c} {d}, {n}, {m}{sh}", ALU, "d=nm", 0},
}

// Data processing, modified immediate. DDI 0403 A5.3.1.
var modifiedImmediate = []row{
	{"11110i 0 0000 1 nnnn 0iii 1111 iiii iiii", "tst{c}.w {n}, #{mod}", ALU, "=n", 0},
	{"11110i 0 0000 z nnnn 0iii dddd iiii iiii", "and{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 0001 z nnnn 0iii dddd iiii iiii", "bic{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 0010 z 1111 0iii dddd iiii iiii", "mov{z}{c}.w {d}, #{mod}", ALU, "d=", 0},
	{"11110i 0 0010 z nnnn 0iii dddd iiii iiii", "orr{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 0011 z 1111 0iii dddd iiii iiii", "mvn{z}{c}.w {d}, #{mod}", ALU, "d=", 0},
	{"11110i 0 0011 z nnnn 0iii dddd iiii iiii", "orn{z}{c} {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 0100 1 nnnn 0iii 1111 iiii iiii", "teq{c} {n}, #{mod}", ALU, "=n", 0},
	{"11110i 0 0100 z nnnn 0iii dddd iiii iiii", "eor{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 1000 1 nnnn 0iii 1111 iiii iiii", "cmn{c}.w {n}, #{mod}", ALU, "=n", 0},
	{"11110i 0 1000 z nnnn 0iii dddd iiii iiii", "add{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 1010 z nnnn 0iii dddd iiii iiii", "adc{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 1011 z nnnn 0iii dddd iiii iiii", "sbc{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 1101 1 nnnn 0iii 1111 iiii iiii", "cmp{c}.w {n}, #{mod}", ALU, "=n", 0},
	{"11110i 0 1101 z nnnn 0iii dddd iiii iiii", "sub{z}{c}.w {d}, {n}, #{mod}", ALU, "d=n", 0},
	{"11110i 0 1110 z nnnn 0iii dddd iiii iiii", "rsb{z}{c} {d}, {n}, #{mod}", ALU, "d=n", 0},
}

// Data processing, plain immediate. DDI 0403 A5.3.3.
var plainImmediate = []row{
	{"11110i 1 00000 1111 0iii dddd iiii iiii", "addw{c} {d}, pc, #{i}", ALU, "d=P", 0},
	{"11110i 1 00000 nnnn 0iii dddd iiii iiii", "addw{c} {d}, {n}, #{i}", ALU, "d=n", 0},
	{"11110i 1 00100 jjjj 0iii dddd iiii iiii", "movw{c} {d}, #{ji}", ALU, "d=", 0},
	{"11110i 1 01010 1111 0iii dddd iiii iiii", "subw{c} {d}, pc, #{i}", ALU, "d=P", 0},
	{"11110i 1 01010 nnnn 0iii dddd iiii iiii", "subw{c} {d}, {n}, #{i}", ALU, "d=n", 0},
	{"11110i 1 01100 jjjj 0iii dddd iiii iiii", "movt{c} {d}, #{ji}", ALU, "d=d", 0},
	{"111100 1 10010 nnnn 0000 dddd 00-k kkkk", "ssat16{c} {d}, #{k+1}, {n}", ALU, "d=n", 0},
	{"111100 1 100y0 nnnn 0iii dddd ii-k kkkk", "ssat{c} {d}, #{k+1}, {n}{shy}", ALU, "d=n", 0},
	{"111100 1 10100 nnnn 0iii dddd ii-k kkkk", "sbfx{c} {d}, {n}, #{i}, #{k+1}", ALU, "d=n", 0},
	{"111100 1 10110 1111 0iii dddd ii-k kkkk", "bfc{c} {d}, #{i}, #{k-i}", ALU, "d=d", 0},
	{"111100 1 10110 nnnn 0iii dddd ii-k kkkk", "bfi{c} {d}, {n}, #{i}, #{k-i}", ALU, "d=dn", 0},
	{"111100 1 11010 nnnn 0000 dddd 00-k kkkk", "usat16{c} {d}, #{k}, {n}", ALU, "d=n", 0},
	{"111100 1 110y0 nnnn 0iii dddd ii-k kkkk", "usat{c} {d}, #{k}, {n}{shy}", ALU, "d=n", 0},
	{"111100 1 11100 nnnn 0iii dddd ii-k kkkk", "ubfx{c} {d}, {n}, #{i}, #{k+1}", ALU, "d=n", 0},
}

// Branches and miscellaneous control. DDI 0403 A5.3.4.
var branchControl = []row{
	{"11110 0111 010 1111 1000 0000 0000 0000", "nop{c}.w", Nop, "=", 0},
	{"11110 0111 010 1111 1000 0000 0000 0001", "yield{c}.w", Nop, "=", 0},
	{"11110 0111 010 1111 1000 0000 0000 0010", "wfe{c}.w", Wait, "=", 0},
	{"11110 0111 010 1111 1000 0000 0000 0011", "wfi{c}.w", Wait, "=", 0},
	{"11110 0111 010 1111 1000 0000 0000 0100", "sev{c}.w", Nop, "=", 0},
	{"11110 0111 010 1111 1000 0000 1111 iiii", "dbg{c} #{i}", Nop, "=", 0},
	{"11110 0111 010 1111 1000 0000 iiii iiii", "nop{c}.w {{i}}", Nop, "=", 0},
	{"11110 0111 011 1111 1000 1111 0010 1111", "clrex{c}", Barrier, "=", 0},
	{"11110 0111 011 1111 1000 1111 0100 iiii", "dsb{c} {bar}", Barrier, "=", 0},
	{"11110 0111 011 1111 1000 1111 0101 iiii", "dmb{c} {bar}", Barrier, "=", 0},
	{"11110 0111 011 1111 1000 1111 0110 iiii", "isb{c} {bar}", InstructionBarrier, "=", 0},
	{"11110 0111 000 nnnn 1000 kk00 iiii iiii", "msr{c} {sysm}, {n}", System, "=n", 0},
	{"11110 0111 110 1111 1000 dddd iiii iiii", "mrs{c} {d}, {sys}", System, "d=", 0},
	{"11110 1111 111 iiii 1010 iiii iiii iiii", "udf{c}.w #{i}", Undefined, "=", 0},
	{"11110 s 111 --- ---- 10-0 ---- ---- ----", ".inst.w {raw}", System, "=", 0},
	{"11110 s cccc iiiiii 10 j 0 k iiiiiiiiiii", "b{cc}.w {T20}", BranchCond, "P=", 0},
	{"11110 s iiii iiiiii 10 j 1 k iiiiiiiiiii", "b{c}.w {T24}", Branch, "P=", 0},
	{"11110 s iiii iiiiii 11 j 1 k iiiiiiiiiii", "bl{c} {T24}", Call, "PL=", 0},
}

// Load and store of single items. DDI 0403 A5.3.7 to A5.3.10. pvw are index, add and write-back.
var single = []row{
	{"1111 1000 0000 nnnn tttt 0000 00ii mmmm", "strb{c}.w {t}, [{n}, {m}{lsl}]", Store, "=t@nm", 1},
	{"1111 1000 0010 nnnn tttt 0000 00ii mmmm", "strh{c}.w {t}, [{n}, {m}{lsl}]", Store, "=t@nm", 2},
	{"1111 1000 0100 nnnn tttt 0000 00ii mmmm", "str{c}.w {t}, [{n}, {m}{lsl}]", Store, "=t@nm", 4},
	{"1111 1000 0000 nnnn tttt 1110 iiii iiii", "strbt{c} {t}, [{n}{,#i}]", Store, "=t@n", 1},
	{"1111 1000 0010 nnnn tttt 1110 iiii iiii", "strht{c} {t}, [{n}{,#i}]", Store, "=t@n", 2},
	{"1111 1000 0100 nnnn tttt 1110 iiii iiii", "strt{c} {t}, [{n}{,#i}]", Store, "=t@n", 4},
	{"1111 1000 0--0 ---- ---- 10-0 ---- ----", ".inst.w {raw}", Undefined, "=", 0},
	{"1111 1000 0000 nnnn tttt 1pvw iiii iiii", "strb{c}.w {t}, {adr}", Store, "=t@n!", 1},
	{"1111 1000 0010 nnnn tttt 1pvw iiii iiii", "strh{c}.w {t}, {adr}", Store, "=t@n!", 2},
	{"1111 1000 0100 nnnn tttt 1pvw iiii iiii", "str{c}.w {t}, {adr}", Store, "=t@n!", 4},
	{"1111 1000 1000 nnnn tttt iiii iiii iiii", "strb{c}.w {t}, [{n}{,#i}]", Store, "=t@n", 1},
	{"1111 1000 1010 nnnn tttt iiii iiii iiii", "strh{c}.w {t}, [{n}{,#i}]", Store, "=t@n", 2},
	{"1111 1000 1100 nnnn tttt iiii iiii iiii", "str{c}.w {t}, [{n}{,#i}]", Store, "=t@n", 4},

	{"1111 1000 v0-1 1111 1111 iiii iiii iiii", "pld{c} {lit}", Nop, "=", 0},
	{"1111 1000 0001 nnnn 1111 0000 00ii mmmm", "pld{c} [{n}, {m}{lsl}]", Nop, "=nm", 0},
	{"1111 1000 0001 nnnn 1111 1100 iiii iiii", "pld{c} [{n}, #-{i}]", Nop, "=n", 0},
	{"1111 1000 1001 nnnn 1111 iiii iiii iiii", "pld{c} [{n}{,#i}]", Nop, "=n", 0},
	{"1111 1001 v0-1 1111 1111 iiii iiii iiii", "pli{c} {lit}", Nop, "=", 0},
	{"1111 1001 0001 nnnn 1111 0000 00ii mmmm", "pli{c} [{n}, {m}{lsl}]", Nop, "=nm", 0},
	{"1111 1001 0001 nnnn 1111 1100 iiii iiii", "pli{c} [{n}, #-{i}]", Nop, "=n", 0},
	{"1111 1001 1001 nnnn 1111 iiii iiii iiii", "pli{c} [{n}{,#i}]", Nop, "=n", 0},

	{"1111 1000 v101 1111 1111 iiii iiii iiii", "ldr{c}.w pc, {lit}", LoadPC, "P=@P", 4},
	{"1111 1000 v001 1111 tttt iiii iiii iiii", "ldrb{c}.w {t}, {lit}", LoadLiteral, "t=@P", 1},
	{"1111 1000 v011 1111 tttt iiii iiii iiii", "ldrh{c}.w {t}, {lit}", LoadLiteral, "t=@P", 2},
	{"1111 1000 v101 1111 tttt iiii iiii iiii", "ldr{c}.w {t}, {lit}", LoadLiteral, "t=@P", 4},
	{"1111 1001 v001 1111 tttt iiii iiii iiii", "ldrsb{c}.w {t}, {lit}", LoadLiteral, "t=@P", 1},
	{"1111 1001 v011 1111 tttt iiii iiii iiii", "ldrsh{c}.w {t}, {lit}", LoadLiteral, "t=@P", 2},
	{"1111 100- 0--1 nnnn ---- 10-0 ---- ----", ".inst.w {raw}", Undefined, "=", 0},
	{"1111 1000 0101 nnnn 1111 0000 00ii mmmm", "ldr{c}.w pc, [{n}, {m}{lsl}]", LoadPC, "P=@nm", 4},
	{"1111 1000 0101 nnnn 1111 1pvw iiii iiii", "ldr{c}.w pc, {adr}", LoadPC, "P=@n!", 4},
	{"1111 1000 1101 nnnn 1111 iiii iiii iiii", "ldr{c}.w pc, [{n}{,#i}]", LoadPC, "P=@n", 4},
	{"1111 1000 0001 nnnn tttt 0000 00ii mmmm", "ldrb{c}.w {t}, [{n}, {m}{lsl}]", Load, "t=@nm", 1},
	{"1111 1000 0011 nnnn tttt 0000 00ii mmmm", "ldrh{c}.w {t}, [{n}, {m}{lsl}]", Load, "t=@nm", 2},
	{"1111 1000 0101 nnnn tttt 0000 00ii mmmm", "ldr{c}.w {t}, [{n}, {m}{lsl}]", Load, "t=@nm", 4},
	{"1111 1001 0001 nnnn tttt 0000 00ii mmmm", "ldrsb{c}.w {t}, [{n}, {m}{lsl}]", Load, "t=@nm", 1},
	{"1111 1001 0011 nnnn tttt 0000 00ii mmmm", "ldrsh{c}.w {t}, [{n}, {m}{lsl}]", Load, "t=@nm", 2},
	{"1111 1000 0001 nnnn tttt 1110 iiii iiii", "ldrbt{c} {t}, [{n}{,#i}]", Load, "t=@n", 1},
	{"1111 1000 0011 nnnn tttt 1110 iiii iiii", "ldrht{c} {t}, [{n}{,#i}]", Load, "t=@n", 2},
	{"1111 1000 0101 nnnn tttt 1110 iiii iiii", "ldrt{c} {t}, [{n}{,#i}]", Load, "t=@n", 4},
	{"1111 1001 0001 nnnn tttt 1110 iiii iiii", "ldrsbt{c} {t}, [{n}{,#i}]", Load, "t=@n", 1},
	{"1111 1001 0011 nnnn tttt 1110 iiii iiii", "ldrsht{c} {t}, [{n}{,#i}]", Load, "t=@n", 2},
	{"1111 1000 0001 nnnn tttt 1pvw iiii iiii", "ldrb{c}.w {t}, {adr}", Load, "t=@n!", 1},
	{"1111 1000 0011 nnnn tttt 1pvw iiii iiii", "ldrh{c}.w {t}, {adr}", Load, "t=@n!", 2},
	{"1111 1000 0101 nnnn tttt 1pvw iiii iiii", "ldr{c}.w {t}, {adr}", Load, "t=@n!", 4},
	{"1111 1001 0001 nnnn tttt 1pvw iiii iiii", "ldrsb{c}.w {t}, {adr}", Load, "t=@n!", 1},
	{"1111 1001 0011 nnnn tttt 1pvw iiii iiii", "ldrsh{c}.w {t}, {adr}", Load, "t=@n!", 2},
	{"1111 1000 1001 nnnn tttt iiii iiii iiii", "ldrb{c}.w {t}, [{n}{,#i}]", Load, "t=@n", 1},
	{"1111 1000 1011 nnnn tttt iiii iiii iiii", "ldrh{c}.w {t}, [{n}{,#i}]", Load, "t=@n", 2},
	{"1111 1000 1101 nnnn tttt iiii iiii iiii", "ldr{c}.w {t}, [{n}{,#i}]", Load, "t=@n", 4},
	{"1111 1001 1001 nnnn tttt iiii iiii iiii", "ldrsb{c}.w {t}, [{n}{,#i}]", Load, "t=@n", 1},
	{"1111 1001 1011 nnnn tttt iiii iiii iiii", "ldrsh{c}.w {t}, [{n}{,#i}]", Load, "t=@n", 2},
}

// Data processing, register; with it the parallel additions. DDI 0403 A5.3.12 to A5.3.15.
var registerData = concat([]row{
	{"11111010 000 z nnnn 1111 dddd 0000 mmmm", "lsl{z}{c}.w {d}, {n}, {m}", ALU, "d=nm", 0},
	{"11111010 001 z nnnn 1111 dddd 0000 mmmm", "lsr{z}{c}.w {d}, {n}, {m}", ALU, "d=nm", 0},
	{"11111010 010 z nnnn 1111 dddd 0000 mmmm", "asr{z}{c}.w {d}, {n}, {m}", ALU, "d=nm", 0},
	{"11111010 011 z nnnn 1111 dddd 0000 mmmm", "ror{z}{c}.w {d}, {n}, {m}", ALU, "d=nm", 0},
	{"11111010 0000 1111 1111 dddd 1-ii mmmm", "sxth{c}.w {d}, {m}{ror}", ALU, "d=m", 0},
	{"11111010 0001 1111 1111 dddd 1-ii mmmm", "uxth{c}.w {d}, {m}{ror}", ALU, "d=m", 0},
	{"11111010 0010 1111 1111 dddd 1-ii mmmm", "sxtb16{c} {d}, {m}{ror}", ALU, "d=m", 0},
	{"11111010 0011 1111 1111 dddd 1-ii mmmm", "uxtb16{c} {d}, {m}{ror}", ALU, "d=m", 0},
	{"11111010 0100 1111 1111 dddd 1-ii mmmm", "sxtb{c}.w {d}, {m}{ror}", ALU, "d=m", 0},
	{"11111010 0101 1111 1111 dddd 1-ii mmmm", "uxtb{c}.w {d}, {m}{ror}", ALU, "d=m", 0},
	{"11111010 0000 nnnn 1111 dddd 1-ii mmmm", "sxtah{c} {d}, {n}, {m}{ror}", ALU, "d=nm", 0},
	{"11111010 0001 nnnn 1111 dddd 1-ii mmmm", "uxtah{c} {d}, {n}, {m}{ror}", ALU, "d=nm", 0},
	{"11111010 0010 nnnn 1111 dddd 1-ii mmmm", "sxtab16{c} {d}, {n}, {m}{ror}", ALU, "d=nm", 0},
	{"11111010 0011 nnnn 1111 dddd 1-ii mmmm", "uxtab16{c} {d}, {n}, {m}{ror}", ALU, "d=nm", 0},
	{"11111010 0100 nnnn 1111 dddd 1-ii mmmm", "sxtab{c} {d}, {n}, {m}{ror}", ALU, "d=nm", 0},
	{"11111010 0101 nnnn 1111 dddd 1-ii mmmm", "uxtab{c} {d}, {n}, {m}{ror}", ALU, "d=nm", 0},
	{"11111010 1000 nnnn 1111 dddd 1000 mmmm", "qadd{c} {d}, {m}, {n}", ALU, "d=nm", 0},
	{"11111010 1000 nnnn 1111 dddd 1001 mmmm", "qdadd{c} {d}, {m}, {n}", ALU, "d=nm", 0},
	{"11111010 1000 nnnn 1111 dddd 1010 mmmm", "qsub{c} {d}, {m}, {n}", ALU, "d=nm", 0},
	{"11111010 1000 nnnn 1111 dddd 1011 mmmm", "qdsub{c} {d}, {m}, {n}", ALU, "d=nm", 0},
	{"11111010 1001 ---- 1111 dddd 1000 mmmm", "rev{c}.w {d}, {m}", ALU, "d=m", 0},
	{"11111010 1001 ---- 1111 dddd 1001 mmmm", "rev16{c}.w {d}, {m}", ALU, "d=m", 0},
	{"11111010 1001 ---- 1111 dddd 1010 mmmm", "rbit{c} {d}, {m}", ALU, "d=m", 0},
	{"11111010 1001 ---- 1111 dddd 1011 mmmm", "revsh{c}.w {d}, {m}", ALU, "d=m", 0},
	{"11111010 1010 nnnn 1111 dddd 1000 mmmm", "sel{c} {d}, {n}, {m}", ALU, "d=nm", 0},
	{"11111010 1011 ---- 1111 dddd 1000 mmmm", "clz{c} {d}, {m}", ALU, "d=m", 0},
}, parallel())

// parallel expands the additions and subtractions of packed halfwords and bytes.
func parallel() []row {
	var rows []row
	for _, op := range []struct{ bits, name string }{
		{"000", "add8"}, {"001", "add16"}, {"010", "asx"}, {"100", "sub8"}, {"101", "sub16"}, {"110", "sax"},
	} {
		for i, prefix := range []string{"s", "q", "sh", "", "u", "uq", "uh"} {
			if prefix == "" {
				continue
			}
			bits := []string{"000", "001", "010", "", "100", "101", "110"}[i]
			rows = append(rows, row{"11111010 1" + op.bits + " nnnn 1111 dddd 0" + bits + " mmmm",
				prefix + op.name + "{c} {d}, {n}, {m}", ALU, "d=nm", 0})
		}
	}
	return rows
}

// Multiplication and division. DDI 0403 A5.3.16 and A5.3.17.
var multiply = []row{
	{"11111011 0000 nnnn 1111 dddd 0000 mmmm", "mul{c}.w {d}, {n}, {m}", Mul, "d=nm", 0},
	{"11111011 0000 nnnn aaaa dddd 0000 mmmm", "mla{c} {d}, {n}, {m}, {a}", MulAdd, "d=nma", 0},
	{"11111011 0000 nnnn aaaa dddd 0001 mmmm", "mls{c} {d}, {n}, {m}, {a}", MulSub, "d=nma", 0},
	{"11111011 0001 nnnn 1111 dddd 00xy mmmm", "smul{x}{y2}{c} {d}, {n}, {m}", MulDSP, "d=nm", 0},
	{"11111011 0001 nnnn aaaa dddd 00xy mmmm", "smla{x}{y2}{c} {d}, {n}, {m}, {a}", MulDSP, "d=nma", 0},
	{"11111011 0010 nnnn 1111 dddd 000x mmmm", "smuad{X}{c} {d}, {n}, {m}", MulDSP, "d=nm", 0},
	{"11111011 0010 nnnn aaaa dddd 000x mmmm", "smlad{X}{c} {d}, {n}, {m}, {a}", MulDSP, "d=nma", 0},
	{"11111011 0011 nnnn 1111 dddd 000y mmmm", "smulw{y2}{c} {d}, {n}, {m}", MulDSP, "d=nm", 0},
	{"11111011 0011 nnnn aaaa dddd 000y mmmm", "smlaw{y2}{c} {d}, {n}, {m}, {a}", MulDSP, "d=nma", 0},
	{"11111011 0100 nnnn 1111 dddd 000x mmmm", "smusd{X}{c} {d}, {n}, {m}", MulDSP, "d=nm", 0},
	{"11111011 0100 nnnn aaaa dddd 000x mmmm", "smlsd{X}{c} {d}, {n}, {m}, {a}", MulDSP, "d=nma", 0},
	{"11111011 0101 nnnn 1111 dddd 000x mmmm", "smmul{R}{c} {d}, {n}, {m}", MulDSP, "d=nm", 0},
	{"11111011 0101 nnnn aaaa dddd 000x mmmm", "smmla{R}{c} {d}, {n}, {m}, {a}", MulDSP, "d=nma", 0},
	{"11111011 0110 nnnn aaaa dddd 000x mmmm", "smmls{R}{c} {d}, {n}, {m}, {a}", MulDSP, "d=nma", 0},
	{"11111011 0111 nnnn 1111 dddd 0000 mmmm", "usad8{c} {d}, {n}, {m}", MulDSP, "d=nm", 0},
	{"11111011 0111 nnnn aaaa dddd 0000 mmmm", "usada8{c} {d}, {n}, {m}, {a}", MulDSP, "d=nma", 0},
	{"11111011 1000 nnnn llll hhhh 0000 mmmm", "smull{c} {l}, {h}, {n}, {m}", MulLongSigned, "lh=nm", 0},
	{"11111011 1010 nnnn llll hhhh 0000 mmmm", "umull{c} {l}, {h}, {n}, {m}", MulLong, "lh=nm", 0},
	{"11111011 1001 nnnn ---- dddd 1111 mmmm", "sdiv{c} {d}, {n}, {m}", DivSigned, "d=nm", 0},
	{"11111011 1011 nnnn ---- dddd 1111 mmmm", "udiv{c} {d}, {n}, {m}", Div, "d=nm", 0},
	{"11111011 1100 nnnn llll hhhh 0000 mmmm", "smlal{c} {l}, {h}, {n}, {m}", MulAddLongSigned, "lh=lhnm", 0},
	{"11111011 1100 nnnn llll hhhh 10xy mmmm", "smlal{x}{y2}{c} {l}, {h}, {n}, {m}", MulAddLongSigned, "lh=lhnm", 0},
	{"11111011 1100 nnnn llll hhhh 110x mmmm", "smlald{X}{c} {l}, {h}, {n}, {m}", MulAddLongSigned, "lh=lhnm", 0},
	{"11111011 1101 nnnn llll hhhh 110x mmmm", "smlsld{X}{c} {l}, {h}, {n}, {m}", MulAddLongSigned, "lh=lhnm", 0},
	{"11111011 1110 nnnn llll hhhh 0000 mmmm", "umlal{c} {l}, {h}, {n}, {m}", MulAddLong, "lh=lhnm", 0},
	{"11111011 1110 nnnn llll hhhh 0110 mmmm", "umaal{c} {l}, {h}, {n}, {m}", MulAddLong, "lh=lhnm", 0},
}

// Coprocessor space, where the FPU lives, is recognised and not taken apart.
var coprocessor = []row{
	{"111-11-- ---- ---- ---- ---- ---- ----", ".inst.w {raw}", Coprocessor, "=", 0},
}

func concat(groups ...[]row) []row {
	var rows []row
	for _, g := range groups {
		rows = append(rows, g...)
	}
	return rows
}
