// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { HEAD = 0, SIZE = 24, ENTRIES = 1 };

int logger(void *ctx)
{
	uint32_t head = 0, oldest = 0;
	bpf_phydat_t data;

	for (int n = 0; n < 3; n++) {
		bpf_saul_t device = bpf_saul_reg_find_nth(n);

		if (!device)
			break;
		if (bpf_saul_reg_read(device, &data) < 0)
			continue;
		bpf_fetch_global(HEAD, &head);
		bpf_fetch_global(ENTRIES + head, &oldest);
		bpf_store_global(ENTRIES + head, data.val[0]);
		bpf_store_global(HEAD, (head + 1) % SIZE);
		bpf_printf("%u ms: device %d reads %d, replaces %u\n", bpf_now_ms(), n, data.val[0], oldest);
	}
	return head;
}
