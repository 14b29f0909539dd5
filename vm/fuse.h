/* SPDX-License-Identifier: BSD-2-Clause */
/* Superinstructions, chosen by the counts in docs/pairs.txt: X(row, last, before, two, first, three). If the handler
 * `before` is followed by `last`, it becomes `two`; if `first` is before that, it becomes `three`; none: nothing does.
 */
#ifndef UB_VM_FUSE_H
#define UB_VM_FUSE_H

#define VM_FUSIONS(X)                                                                                   \
	X(1, add64_x, mov64_x, mov64_x_add64_x, none, none)                                             \
	X(2, add64_k, mov64_x, mov64_x_add64_k, none, none)                                             \
	X(3, lsh64_k, mov64_x, mov64_x_lsh64_k, none, none)                                             \
	X(4, rsh64_k, lsh64_k32, lsh64_k_rsh64_k, mov64_x, mov64_x_lsh64_k_rsh64_k)                     \
	X(5, rsh64_k32, lsh64_k32, lsh64_k_rsh64_k, mov64_x, mov64_x_lsh64_k_rsh64_k)                   \
	X(6, ldx8, add64_x, add64_x_ldx8, mov64_x_add64_x, mov64_x_add64_x_ldx8)                        \
	X(7, ldx16, add64_x, add64_x_ldx16, mov64_x_add64_x, mov64_x_add64_x_ldx16)                     \
	X(8, ldx32, add64_x, add64_x_ldx32, mov64_x_add64_x, mov64_x_add64_x_ldx32)                     \
	X(9, add32_x, mov32_x, mov32_x_add32_x, none, none)                                             \
	X(10, lsh32_k, mov32_x, mov32_x_lsh32_k, none, none)                                            \
	X(11, rsh32_k, mov32_x, mov32_x_rsh32_k, none, none)                                            \
	X(12, jlt64_x, add64_k, add64_k_jlt64_x, none, none)

#endif
