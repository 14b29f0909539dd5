/* SPDX-License-Identifier: BSD-2-Clause */
/* The program: shows what the first thermometer says, and returns it. image.h is made of it:
 *
 *	ubench build thermometer.c && ubench pack thermometer.o
 */
#include <bpf_helpers.h>

enum { THERMOMETER = 0x82 }; /* SAUL_SENSE_TEMP */

int64_t thermometer(void)
{
	bpf_phydat_t data;
	bpf_saul_t device = bpf_saul_reg_find_type(THERMOMETER);

	if (!device || bpf_saul_reg_read(device, &data) < 1)
		return -1;
	bpf_debug_print(data.val[0]);
	return data.val[0];
}
