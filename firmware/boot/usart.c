/* SPDX-License-Identifier: BSD-2-Clause */
/* USART1 on PA9, PA10: 115200 baud, 8N1, from the internal 16 MHz oscillator the chip starts on. */
#include "firmware/boot/boot.h"
#include "firmware/boot/regs.h"

void boot_usart_init(void)
{
	RCC_AHB1ENR |= RCC_GPIOA;
	RCC_APB2ENR |= RCC_USART1;
	(void)RCC_APB2ENR; /* the clock runs two cycles after the write: read back */
	GPIOA_AFRH = (GPIOA_AFRH & ~0x00000ff0u) | 0x00000770u;   /* PA9, PA10: AF7 */
	GPIOA_PUPDR = (GPIOA_PUPDR & ~0x003c0000u) | 0x00100000u; /* PA10: pull-up */
	GPIOA_MODER = (GPIOA_MODER & ~0x003c0000u) | 0x00280000u; /* alternate function */
	USART1_BRR = (16000000u + 115200u / 2) / 115200u;
	USART1_CR1 = USART_UE | USART_TE | USART_RE | USART_RXNEIE;
}

/* Sleeps until a byte is there. The interrupt wakes the core but is never taken: it is enabled
 * only while interrupts are masked. */
static uint8_t wait_and_get(void)
{
	__asm__ volatile("cpsid i" ::: "memory");
	NVIC_ISER1 = NVIC_USART1;
	for (;;) {
		NVIC_ICPR1 = NVIC_USART1;
		if (USART1_SR & USART_RXNE)
			break;
		__asm__ volatile("wfi" ::: "memory");
	}
	uint8_t byte = (uint8_t)USART1_DR;
	NVIC_ICER1 = NVIC_USART1;
	NVIC_ICPR1 = NVIC_USART1;
	__asm__ volatile("cpsie i" ::: "memory");
	return byte;
}

uint8_t boot_usart_get(void)
{
	return USART1_SR & USART_RXNE ? (uint8_t)USART1_DR : wait_and_get();
}

void boot_usart_put(uint8_t byte)
{
	while (!(USART1_SR & USART_TXE))
		;
	USART1_DR = byte;
}
