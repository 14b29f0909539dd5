@ SPDX-License-Identifier: BSD-2-Clause
@ Source of the words in jit/div64.c, which a test assembles again.
@ 64-bit division. [sp] dividend, [sp, #8] divisor; ip: 0 quotient, 1 remainder, + 2 signed.
@ The result replaces the dividend. Only ip, lr and flags change.
	.syntax unified
	.cpu	cortex-m3
	.thumb
	push	{r0-r8, lr}
	ldrd	r0, r1, [sp, #40]	@ what is left of the dividend, and the quotient behind it
	ldrd	r2, r3, [sp, #48]
	mov.w	r8, #0			@ bit 31: negate the result
	lsls	r4, ip, #31		@ N: remainder, C: signed
	bcc.n	1f
	eor	r8, r1, r3
	it	mi
	movmi	r8, r1
	cmp	r1, #0
	bge.n	0f
	negs	r0, r0
	sbc	r1, r1, r1, lsl #1
0:	cmp	r3, #0
	bge.n	1f
	negs	r2, r2
	sbc	r3, r3, r3, lsl #1
1:	movs	r4, #0			@ remainder
	movs	r5, #0
	orrs	r6, r2, r3
	beq.n	6f
	movs	r6, #64			@ bits of the dividend to go
	cbnz	r1, 2f
	mov	r1, r0			@ skip leading zeros
	movs	r0, #0
	movs	r6, #32
2:	clz	r7, r1
	rsb	lr, r7, #32
	lsls	r1, r7
	lsr	lr, r0, lr
	orr	r1, r1, lr
	lsls	r0, r7
	subs	r6, r6, r7
	beq.n	7f
3:	adds	r0, r0, r0
	adcs	r1, r1
	adcs	r4, r4
	adcs	r5, r5
	bcs.n	4f
	cmp	r4, r2
	sbcs	r7, r5, r3
	blo.n	5f
4:	subs	r4, r4, r2
	sbcs	r5, r3
	adds	r0, #1
5:	subs	r6, #1
	bne.n	3b
	b.n	7f
6:	mov	r4, r0			@ x / 0 = 0, x % 0 = x
	mov	r5, r1
	movs	r0, #0
	movs	r1, #0
7:	lsls	r6, ip, #31
	itt	mi
	movmi	r0, r4
	movmi	r1, r5
	cmp	r8, #0
	bge.n	8f
	negs	r0, r0
	sbc	r1, r1, r1, lsl #1
8:	strd	r0, r1, [sp, #40]
	pop	{r0-r8, pc}
