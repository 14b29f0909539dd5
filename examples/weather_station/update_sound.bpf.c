// SPDX-License-Identifier: BSD-2-Clause

#include "weather.h"

enum { SAMPLES = 8 };

/* Shares the loudest of eight samples of the microphone. */
int update_sound(void *ctx)
{
	bpf_saul_t microphone = bpf_saul_reg_find_type(BPF_SAUL_ANALOG);
	int loudest = 0;

	if (!microphone) {
		bpf_printf("[sound] no microphone\n");
		return -1;
	}
	for (int i = 0; i < SAMPLES; i++) {
		bpf_phydat_t data;

		if (bpf_saul_reg_read(microphone, &data) < 0)
			break;
		if (data.val[0] > loudest)
			loudest = data.val[0];
	}
	bpf_printf("[sound] level %d\n", loudest);
	bpf_store_global(WEATHER_SOUND, loudest);
	return loudest;
}
