/* SPDX-License-Identifier: BSD-2-Clause */
/* A fast Fourier transform of 64 complex numbers of 16 bits, in place: bit reversal, then six rounds of
 * butterflies that halve, so that nothing overflows. */
#include "benchmarks/kernel.h"

enum { FFT_POINTS = 64, FFT_ROUNDS = 6 };

struct fft_ctx {
	uint32_t frames;
	int16_t sample[][2 * FFT_POINTS]; /* real and imaginary parts in turn */
};

/* cos and -sin of k / 64 of a turn, in 1/32768, for half a turn. */
static const int16_t fft_turn[FFT_POINTS] = {
	32767, 0,      32609, -3212,  32137, -6393,  31356, -9512,  30273, -12539, 28898, -15446, 27245, -18204,
	25329, -20787, 23170, -23170, 20787, -25329, 18204, -27245, 15446, -28898, 12539, -30273, 9512,  -31356,
	6393,  -32137, 3212,  -32609, 0,     -32767, -3212, -32609, -6393, -32137, -9512, -31356, -12539, -30273,
	-15446, -28898, -18204, -27245, -20787, -25329, -23170, -23170, -25329, -20787, -27245, -18204, -28898, -15446,
	-30273, -12539, -31356, -9512, -32137, -6393, -32609, -3212,
};

uint64_t UB_KERNEL(fft)(void *ctx, unsigned long len)
{
	struct fft_ctx *in = ctx;
	uint32_t power = 0;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->frames, sizeof in->sample[0]))
		return UB_KERNEL_REFUSED;
	for (uint32_t f = 0; f < in->frames; f++) {
		int16_t *x = in->sample[f];
		for (uint32_t i = 0, back = 0; i < FFT_POINTS; i++) {
			if (i < back) {
				int16_t re = x[2 * i], im = x[2 * i + 1];
				x[2 * i] = x[2 * back];
				x[2 * i + 1] = x[2 * back + 1];
				x[2 * back] = re;
				x[2 * back + 1] = im;
			}
			uint32_t bit = FFT_POINTS / 2; /* back + 1, counted from the other end */
			for (; back & bit; bit >>= 1)
				back ^= bit;
			back |= bit;
		}
		for (uint32_t half = 1; half < FFT_POINTS; half *= 2) {
			for (uint32_t k = 0; k < half; k++) {
				const int16_t *w = fft_turn + 2 * (k * (FFT_POINTS / 2 / half));
				for (uint32_t i = k; i < FFT_POINTS; i += 2 * half) {
					int16_t *a = x + 2 * i, *b = a + 2 * half;
					int32_t re = (b[0] * w[0] - b[1] * w[1]) >> 15;
					int32_t im = (b[0] * w[1] + b[1] * w[0]) >> 15;
					b[0] = (int16_t)((a[0] - re) >> 1);
					b[1] = (int16_t)((a[1] - im) >> 1);
					a[0] = (int16_t)((a[0] + re) >> 1);
					a[1] = (int16_t)((a[1] + im) >> 1);
				}
			}
		}
		for (uint32_t i = 0; i < FFT_POINTS; i++)
			power += (uint32_t)(x[2 * i] * x[2 * i]) + (uint32_t)(x[2 * i + 1] * x[2 * i + 1]);
	}
	return power;
}
