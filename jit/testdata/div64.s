@ SPDX-License-Identifier: BSD-2-Clause
@ Source of the words in jit/div64.c, which a test assembles again.
@ 64-bit division. [sp] dividend, [sp, #8] divisor; ip: 0 quotient, 1 remainder, + 2 signed.
@ The result replaces the dividend. Only ip, lr and flags change.
@ Two digits of 16 bits by the divider (Knuth, 4.3.1 D); a divisor above 32 bits as in Hacker's
@ Delight, 9-5: by its top 32 bits, then corrected.
	.syntax unified
	.cpu	cortex-m3
	.thumb
	push	{r0-r8, lr}
	ldrd	r0, r1, [sp, #40]
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
1:	cbnz	r3, 4f
	cbnz	r2, 2f
	mov	r4, r0			@ x / 0 = 0, x % 0 = x
	mov	r5, r1
	movs	r0, #0
	movs	r1, #0
	b.n	6f
2:	cbnz	r1, 3f
	udiv	r6, r0, r2
	mls	r4, r6, r2, r0
	movs	r5, #0
	mov	r0, r6
	b.n	6f
3:	udiv	r7, r1, r2		@ high word of the quotient
	mls	r1, r7, r2, r1
	clz	r3, r2
	lsls	r2, r3
	rsb	r6, r3, #32
	lsr	r6, r0, r6
	lsls	r1, r3
	orrs	r1, r6
	lsls	r0, r3
	bl	9f
	lsr	r4, r1, r3
	movs	r5, #0
	mov	r1, r7
	b.n	6f
4:	strd	r0, r1, [sp, #40]
	strd	r2, r3, [sp, #48]
	clz	r7, r3
	lsls	r3, r7
	rsb	r6, r7, #32
	lsrs	r2, r6
	orrs	r2, r3
	lsrs	r1, r1, #1
	rrx	r0, r0
	bl	9f
	rsb	r7, r7, #31
	lsr	r6, r0, r7
	cbz	r6, 5f
	subs	r6, #1
5:	ldrd	r2, r3, [sp, #48]
	ldrd	r0, r1, [sp, #40]
	umull	r4, r5, r6, r2
	mla	r5, r6, r3, r5
	subs	r4, r0, r4		@ remainder, or one divisor more
	sbc	r5, r1, r5
	subs	r0, r4, r2
	sbcs	r1, r5, r3
	itt	hs
	movhs	r4, r0
	movhs	r5, r1
	adc	r0, r6, #0		@ one more where the divisor still went in
	movs	r1, #0
6:	lsls	r6, ip, #31
	itt	mi
	movmi	r0, r4
	movmi	r1, r5
	cmp	r8, #0
	bge.n	7f
	negs	r0, r0
	sbc	r1, r1, r1, lsl #1
7:	strd	r0, r1, [sp, #40]
	pop	{r0-r8, pc}

@ r1:r0 by r2, whose top bit is set, and r1 < r2: quotient to r0, remainder to r1. Changes r4..r6.
9:	lsrs	r4, r2, #16
	udiv	r5, r1, r4
	mls	r1, r5, r4, r1
	uxth	r6, r2
	muls	r6, r5
	lsls	r1, r1, #16
	orr	r1, r1, r0, lsr #16
	cmp	r1, r6
	bhs.n	0f
	subs	r5, #1
	adds	r1, r1, r2
	bcs.n	0f
	cmp	r1, r6
	itt	lo
	sublo	r5, #1
	addlo	r1, r2
0:	subs	r1, r1, r6
	uxth	r0, r0
	orr	r0, r0, r5, lsl #16	@ first digit, and what is left of the dividend
	udiv	r5, r1, r4
	mls	r1, r5, r4, r1
	uxth	r6, r2
	muls	r6, r5
	lsls	r1, r1, #16
	uxth	r4, r0
	orrs	r1, r4
	cmp	r1, r6
	bhs.n	0f
	subs	r5, #1
	adds	r1, r1, r2
	bcs.n	0f
	cmp	r1, r6
	itt	lo
	sublo	r5, #1
	addlo	r1, r2
0:	subs	r1, r1, r6
	lsrs	r0, r0, #16
	lsls	r0, r0, #16
	adds	r0, r0, r5
	bx	lr
