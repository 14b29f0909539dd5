/* SPDX-License-Identifier: BSD-2-Clause */
/* Every way to fail, once: X(name, number, text). 0 is success; lengths are positive.
 *
 * Numbers are on the wire and never reused. Ranges: -1..-19 general, -20..-39 image,
 * -40..-59 verifier, -60..-79 compiling, -80..-99 running, -100..-119 agent, -120..-139 CPU faults,
 * -140..-159 device, -160.. maps.
 */
#ifndef UB_ABI_STATUS_H
#define UB_ABI_STATUS_H

#define UB_STATUSES(X)                                                                        \
	X(UB_OK, 0, "ok")                                                                     \
	X(UB_E_ARGUMENT, -1, "invalid argument")                                              \
	X(UB_E_MEMORY, -2, "out of device memory")                                            \
	X(UB_E_UNSUPPORTED, -3, "not supported by this engine")                               \
	X(UB_E_INTERNAL, -4, "internal error")                                                \
	/* image/ */                                                                          \
	X(UB_E_IMAGE_FORMAT, -20, "unknown image format")                                     \
	X(UB_E_IMAGE_TRUNCATED, -21, "image is truncated")                                    \
	X(UB_E_IMAGE_HEADER, -22, "image header is invalid")                                  \
	X(UB_E_IMAGE_VERSION, -23, "image version is not supported")                          \
	X(UB_E_IMAGE_CHECKSUM, -24, "image checksum does not match")                          \
	X(UB_E_IMAGE_SECTION, -25, "image section is out of range")                           \
	X(UB_E_IMAGE_RELOCATION, -26, "image relocation is invalid")                          \
	X(UB_E_IMAGE_CODE, -27, "image text cannot be decoded")                               \
	X(UB_E_IMAGE_ENTRY, -28, "image has no such entry point")                             \
	X(UB_E_IMAGE_SIZE, -29, "program is too large")                                       \
	/* verify/ */                                                                         \
	X(UB_E_VERIFY_EMPTY, -40, "program is empty")                                         \
	X(UB_E_VERIFY_OPCODE, -41, "unknown opcode")                                          \
	X(UB_E_VERIFY_REGISTER, -42, "no such register")                                      \
	X(UB_E_VERIFY_R10, -43, "r10 is read-only")                                           \
	X(UB_E_VERIFY_FIELD, -44, "reserved field is not zero")                               \
	X(UB_E_VERIFY_IMM, -45, "immediate is out of range")                                  \
	X(UB_E_VERIFY_LDDW, -46, "lddw lacks a valid second slot")                            \
	X(UB_E_VERIFY_JUMP, -47, "jump leaves its function")                                  \
	X(UB_E_VERIFY_JUMP_LDDW, -48, "jump into the middle of lddw")                         \
	X(UB_E_VERIFY_FALL_OFF, -49, "execution can fall off the end of a function")          \
	X(UB_E_VERIFY_STACK, -50, "constant stack offset is outside the frame")               \
	X(UB_E_VERIFY_CALL, -51, "call target is outside the program")                        \
	X(UB_E_VERIFY_DEPTH, -52, "local calls nest too deep")                                \
	X(UB_E_VERIFY_HELPER, -53, "helper is not allowed")                                   \
	X(UB_E_VERIFY_ENTRY, -54, "entry point is not an instruction")                        \
	/* compiling */                                                                       \
	X(UB_E_COMPILE_CODE, -60, "code buffer is too small")                                 \
	X(UB_E_COMPILE_SCRATCH, -61, "out of compile-time memory")                            \
	X(UB_E_COMPILE_RANGE, -62, "branch is out of range")                                  \
	/* running */                                                                         \
	X(UB_E_READ, -80, "read outside the program's memory")                                \
	X(UB_E_WRITE, -81, "write outside the program's memory")                              \
	X(UB_E_ALIGN, -82, "atomic operation on an unaligned address")                        \
	X(UB_E_BUDGET, -83, "execution budget exhausted")                                     \
	X(UB_E_DEPTH, -84, "local calls nested too deep")                                     \
	X(UB_E_CALLX, -85, "indirect call to something that is not a function")               \
	X(UB_E_HELPER, -86, "no such helper")                                                 \
	X(UB_E_HELPER_ARG, -87, "helper argument is invalid")                                 \
	X(UB_E_CONTEXT, -88, "context is shorter than the program requires")                  \
	X(UB_E_OPCODE, -89, "opcode cannot be executed")                                      \
	X(UB_E_TIME, -90, "running time used up")                                             \
	X(UB_E_KILLED, -91, "killed")                                                         \
	X(UB_E_TAIL_CALL, -92, "another program of a map is to run")                          \
	/* agent */                                                                           \
	X(UB_E_FRAME_LENGTH, -100, "frame is too long")                                       \
	X(UB_E_FRAME_CRC, -101, "frame checksum does not match")                              \
	X(UB_E_FRAME_SHORT, -102, "frame payload is too short")                               \
	X(UB_E_COMMAND, -103, "unknown command")                                              \
	X(UB_E_ENGINE, -104, "no such engine")                                                \
	X(UB_E_KERNEL, -105, "no such native kernel")                                         \
	X(UB_E_STATE, -106, "no program is loaded")                                           \
	X(UB_E_UNSAFE, -107, "engine checks nothing: for commands that measure only")           \
	/* CPU faults, caught by the firmware */                                              \
	X(UB_E_HARD_FAULT, -120, "HardFault")                                                 \
	X(UB_E_MEM_FAULT, -121, "MemManage fault")                                            \
	X(UB_E_BUS_FAULT, -122, "BusFault")                                                   \
	X(UB_E_USAGE_FAULT, -123, "UsageFault")                                               \
	/* device/ */                                                                         \
	X(UB_E_PROGRAM, -140, "no such program")                                              \
	X(UB_E_NAME, -141, "name of a program is invalid or taken")                           \
	X(UB_E_SLOTS, -142, "no room for another program")                                    \
	X(UB_E_RUNNING, -143, "program is running")                                           \
	X(UB_E_STOPPED, -144, "program is not running")                                       \
	X(UB_E_GRANT, -145, "grant of something that does not exist")                         \
	X(UB_E_HOOK, -146, "this device has no such hook")                                    \
	X(UB_E_HOOK_GRANT, -147, "the program's manifest does not grant that hook")           \
	X(UB_E_HOOK_ATTACHED, -148, "program is attached to a hook")                          \
	X(UB_E_HOOK_DETACHED, -149, "program is not attached to that hook")                   \
	X(UB_E_HOOK_LOOP, -150, "jumps backwards or calls a function, which programs in interrupts may not") \
	X(UB_E_HOOK_HELPER, -151, "helper that programs in interrupts may not call")          \
	X(UB_E_HOOK_SIZE, -152, "too long for a program in interrupts")                       \
	X(UB_E_HOOK_ENGINE, -153, "programs in interrupts run on vm only")                    \
	/* maps/ */                                                                           \
	X(UB_E_MAP_TYPE, -160, "unknown type of map")                                         \
	X(UB_E_MAP_KEY, -161, "key size is not one that this type of map can have")           \
	X(UB_E_MAP_VALUE, -162, "value size is not one that this type of map can have")       \
	X(UB_E_MAP_ENTRIES, -163, "number of entries is not one that this type of map can have") \
	X(UB_E_MAP_FLAGS, -164, "unknown flag of a map")                                      \
	X(UB_E_MAP_NAME, -165, "name of a map is invalid or taken by another")                \
	X(UB_E_MAP_COUNT, -166, "more maps than a run has regions for")                       \
	X(UB_E_MAP_PROGRAM, -167, "program of a map is no function, or its index is out of range") \
	X(UB_E_MAP_SHARED, -168, "map is shared with a program that declares it otherwise")     \
	X(UB_E_MAP_WALLS, -169, "more shared maps than a compartment has walls for")

enum ub_status {
#define UB_STATUS_ENUM(name, number, text) name = (number),
	UB_STATUSES(UB_STATUS_ENUM)
#undef UB_STATUS_ENUM
};

#endif
