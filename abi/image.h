/* SPDX-License-Identifier: BSD-2-Clause */
/* Image formats a program can arrive in (SPEC.md): X(NAME, number, name). */
#ifndef UB_ABI_IMAGE_H
#define UB_ABI_IMAGE_H

/* Formats that the device's reader knows: all, unless a firmware that wants to be small says which
 * (-DUB_IMAGE_FORMATS=UB_IMAGE_PACKED). Others are refused as unknown. */
#define UB_IMAGE_TEXT_ONLY 1
#define UB_IMAGE_FEMTO_CONTAINERS 2
#define UB_IMAGE_EXTENDED_HEADER 4
#define UB_IMAGE_PACKED 8
#define UB_IMAGE_ELF_OBJECT 16
#ifndef UB_IMAGE_FORMATS
#define UB_IMAGE_FORMATS 31
#endif

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
