/* SPDX-License-Identifier: BSD-2-Clause */
/* Image formats a program can arrive in (SPEC.md): X(NAME, number, name). */
#ifndef UB_ABI_IMAGE_H
#define UB_ABI_IMAGE_H

#define UB_FORMATS(X)                                  \
	X(TEXT_ONLY, 1, "text-only")                   \
	X(FEMTO_CONTAINERS, 2, "femto-containers")     \
	X(EXTENDED_HEADER, 3, "extended-header")       \
	X(PACKED, 4, "packed")                         \
	X(ELF_OBJECT, 5, "elf-object")

enum ub_format {
#define UB_FORMAT_ENUM(name, number, text) UB_FORMAT_##name = (number),
	UB_FORMATS(UB_FORMAT_ENUM)
#undef UB_FORMAT_ENUM
};

#endif
