/* SPDX-License-Identifier: BSD-2-Clause */
/* Every opcode the interpreter knows, once: X(handler, opcode, the same in words, shape). Both forms of the interpreter
 * are made from these rows: the table of labels in portable.c, and the device's table of handlers in handlers.S,
 * which is why opcodes are numbers here; portable.c asserts that they are those of abi/isa.h.
 */
#ifndef UB_VM_OPCODES_H
#define UB_VM_OPCODES_H

/* What fields an instruction has, and so how rewrite.c packs them into the operand word. */
#define VM_NONE 0
#define VM_ALU_K 1  /* dst, imm */
#define VM_ALU_X 2  /* dst, src, offset: sign extension or signedness */
#define VM_SWAP 3   /* dst, imm: a width */
#define VM_LDX 4    /* dst, src, offset */
#define VM_STX 5    /* dst, src, offset */
#define VM_ST 6     /* dst, offset, imm */
#define VM_JUMP_K 7 /* dst, offset, imm */
#define VM_JUMP_X 8 /* dst, src, offset */
#define VM_FAR 9    /* imm alone, or src and imm */
#define VM_ATOMIC 10 /* dst, src, offset, imm: an operation */
#define VM_LDDW 11  /* dst, src, two words of imm */
#define VM_SHIFT_K 12 /* dst, imm: a count */
#define VM_POSITIVE_K 13 /* dst, imm: above 0, the others take theirs from a register */
#define VM_SHAPE_BITS 4
#define VM_SHAPE_MASK 15

/* Rows of one operation, by width and operand. */
#define VM_OPERATION(X, name, op, word) VM_OPERATION_K(X, name, op, word, VM_ALU_K)
#define VM_OPERATION_K(X, name, op, word, shape_k)                        \
	X(name##32_k, (op) | 0x04, UB_ALU32 | UB_K | (word), shape_k)     \
	X(name##32_x, (op) | 0x0c, UB_ALU32 | UB_X | (word), VM_ALU_X)    \
	X(name##64_k, (op) | 0x07, UB_ALU64 | UB_K | (word), shape_k)     \
	X(name##64_x, (op) | 0x0f, UB_ALU64 | UB_X | (word), VM_ALU_X)
#define VM_CONDITION(X, name, op, word)                                   \
	X(name##32_k, (op) | 0x06, UB_JMP32 | UB_K | (word), VM_JUMP_K)   \
	X(name##32_x, (op) | 0x0e, UB_JMP32 | UB_X | (word), VM_JUMP_X)   \
	X(name##64_k, (op) | 0x05, UB_JMP | UB_K | (word), VM_JUMP_K)     \
	X(name##64_x, (op) | 0x0d, UB_JMP | UB_X | (word), VM_JUMP_X)
#define VM_ACCESS(X, name, op, word, shape)                               \
	X(name##8, (op) | 0x10, (word) | UB_B, shape)                     \
	X(name##16, (op) | 0x08, (word) | UB_H, shape)                    \
	X(name##32, (op) | 0x00, (word) | UB_W, shape)
#define VM_ACCESS64(X, name, op, word, shape) X(name##64, (op) | 0x18, (word) | UB_DW, shape)

#define VM_OPCODES(X)                                                     \
	VM_OPERATION(X, add, 0x00, UB_ADD)                                \
	VM_OPERATION(X, sub, 0x10, UB_SUB)                                \
	VM_OPERATION_K(X, mul, 0x20, UB_MUL, VM_POSITIVE_K)               \
	VM_OPERATION_K(X, div, 0x30, UB_DIV, VM_POSITIVE_K)               \
	VM_OPERATION(X, or, 0x40, UB_OR)                                  \
	VM_OPERATION_K(X, and, 0x50, UB_AND, VM_POSITIVE_K)               \
	VM_OPERATION_K(X, lsh, 0x60, UB_LSH, VM_SHIFT_K)                  \
	VM_OPERATION_K(X, rsh, 0x70, UB_RSH, VM_SHIFT_K)                  \
	VM_OPERATION_K(X, mod, 0x90, UB_MOD, VM_POSITIVE_K)               \
	VM_OPERATION(X, xor, 0xa0, UB_XOR)                                \
	VM_OPERATION(X, mov, 0xb0, UB_MOV)                                \
	VM_OPERATION_K(X, arsh, 0xc0, UB_ARSH, VM_SHIFT_K)                \
	X(neg32, 0x84, UB_ALU32 | UB_K | UB_NEG, VM_ALU_X)                \
	X(neg64, 0x87, UB_ALU64 | UB_K | UB_NEG, VM_ALU_X)                \
	X(le, 0xd4, UB_ALU32 | UB_K | UB_END, VM_SWAP)                    \
	X(be, 0xdc, UB_ALU32 | UB_X | UB_END, VM_SWAP)                    \
	X(bswap, 0xd7, UB_ALU64 | UB_K | UB_END, VM_SWAP)                 \
	X(ja, 0x05, UB_JMP | UB_JA, VM_JUMP_X)                            \
	X(gotol, 0x06, UB_JMP32 | UB_JA, VM_FAR)                          \
	VM_CONDITION(X, jeq, 0x10, UB_JEQ)                                \
	VM_CONDITION(X, jne, 0x50, UB_JNE)                                \
	VM_CONDITION(X, jset, 0x40, UB_JSET)                              \
	VM_CONDITION(X, jgt, 0x20, UB_JGT)                                \
	VM_CONDITION(X, jge, 0x30, UB_JGE)                                \
	VM_CONDITION(X, jlt, 0xa0, UB_JLT)                                \
	VM_CONDITION(X, jle, 0xb0, UB_JLE)                                \
	VM_CONDITION(X, jsgt, 0x60, UB_JSGT)                              \
	VM_CONDITION(X, jsge, 0x70, UB_JSGE)                              \
	VM_CONDITION(X, jslt, 0xc0, UB_JSLT)                              \
	VM_CONDITION(X, jsle, 0xd0, UB_JSLE)                              \
	X(call, 0x85, UB_JMP | UB_K | UB_CALL, VM_FAR)                   \
	X(callx, 0x8d, UB_JMP | UB_X | UB_CALL, VM_ALU_X)                 \
	X(exit, 0x95, UB_JMP | UB_EXIT, VM_ALU_X)                         \
	VM_ACCESS(X, ldx, 0x61, UB_LDX | UB_MEM, VM_LDX)                  \
	VM_ACCESS64(X, ldx, 0x61, UB_LDX | UB_MEM, VM_LDX)                \
	VM_ACCESS(X, ldsx, 0x81, UB_LDX | UB_MEMSX, VM_LDX)               \
	VM_ACCESS(X, st, 0x62, UB_ST | UB_MEM, VM_ST)                     \
	VM_ACCESS64(X, st, 0x62, UB_ST | UB_MEM, VM_ST)                   \
	VM_ACCESS(X, stx, 0x63, UB_STX | UB_MEM, VM_STX)                  \
	VM_ACCESS64(X, stx, 0x63, UB_STX | UB_MEM, VM_STX)                \
	X(atomic32, 0xc3, UB_STX | UB_ATOMIC | UB_W, VM_ATOMIC)           \
	X(atomic64, 0xdb, UB_STX | UB_ATOMIC | UB_DW, VM_ATOMIC)          \
	X(lddw, 0x18, UB_LDDW, VM_LDDW)

#endif
