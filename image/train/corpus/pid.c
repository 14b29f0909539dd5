// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { TARGET = 1, INTEGRAL = 2, LAST = 3 };

static const int kp = 20, ki = 3, kd = 5;

int pid(void *ctx)
{
	uint32_t target = 0, integral = 0, last = 0, now = 0;

	bpf_fetch_global(TARGET, &target);
	bpf_fetch_local(INTEGRAL, &integral);
	bpf_fetch_local(LAST, &last);
	bpf_saul_read_temp(bpf_saul_reg_find_type(BPF_SAUL_TEMPERATURE), &now);

	int error = target - now;
	int sum = (int)integral + error;
	if (sum > 1000)
		sum = 1000;
	if (sum < -1000)
		sum = -1000;
	int output = kp * error + ki * sum + kd * (error - (int)last);
	if (output < 0)
		output = 0;
	bpf_store_local(INTEGRAL, sum);
	bpf_store_local(LAST, error);
	bpf_printf("Target %d, now %d, error %d, heater %d\n", target, now, error, output);
	return output >> 4;
}
