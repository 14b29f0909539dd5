/* SPDX-License-Identifier: BSD-2-Clause */
/* A PID controller in fixed point: per reading three products, an integral that does not wind up, and
 * an output held inside its limits. Control loops on small devices look like this. */
#include "benchmarks/kernel.h"

struct pid_ctx {
	uint32_t n;
	int32_t setpoint;
	int32_t kp, ki, kd; /* in 1/256 */
	int16_t reading[];  /* n of them, then room for n outputs */
};

enum { PID_LIMIT = 1000, PID_WINDUP = 1 << 16 };

UB_INLINE int32_t pid_clamp(int32_t value, int32_t limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

uint64_t UB_KERNEL(pid)(void *ctx, unsigned long len)
{
	struct pid_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->n, 4))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->n, effort = 0;
	int16_t *output = in->reading + n;
	int32_t integral = 0, before = 0;
	for (uint32_t i = 0; i < n; i++) {
		int32_t error = in->setpoint - in->reading[i];
		integral = pid_clamp(integral + error, PID_WINDUP);
		int32_t out = (in->kp * error + in->ki * integral + in->kd * (error - before)) >> 8;
		out = pid_clamp(out, PID_LIMIT);
		before = error;
		output[i] = (int16_t)out;
		effort += (uint32_t)(out < 0 ? -out : out);
	}
	return effort;
}
