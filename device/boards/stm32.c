/* SPDX-License-Identifier: BSD-2-Clause */
/* STM32F405 and F205: USART1 on PA9, PA10 at 115200 baud from the internal 16 MHz oscillator; TIM2 and DWT count for
 * ub_port_* (firmware/boot/port.c says what emulators make of them). */
#include "device/boards/board.h"

#include "abi/port.h"
#include "device/kernel/scs.h"
#include "firmware/boot/boot.h"

/* What QEMU's machines run SysTick at. A real chip starts at 16 MHz, and says so here when it has a clock tree. */
const uint32_t board_hz = BOARD_HZ;

void board_chip_init(void)
{
	RCC_AHB1ENR |= RCC_GPIOA;
	RCC_APB1ENR |= RCC_TIM2;
	RCC_APB2ENR |= RCC_USART1;
	(void)RCC_APB2ENR; /* the clock runs two cycles after the write: read back */
	TIM2_PSC = 0;
	TIM2_ARR = 0xffffffff;
	TIM2_EGR = TIM_UG;
	TIM2_CR1 = TIM_CEN;
	DEMCR |= DEMCR_TRCENA;
	DWT_CTRL |= DWT_CYCCNTENA;
	GPIOA_AFRH = (GPIOA_AFRH & ~0x00000ff0u) | 0x00000770u;   /* PA9, PA10: AF7 */
	GPIOA_PUPDR = (GPIOA_PUPDR & ~0x003c0000u) | 0x00100000u; /* PA10: pull-up */
	GPIOA_MODER = (GPIOA_MODER & ~0x003c0000u) | 0x00280000u; /* alternate function */
	USART1_BRR = (16000000u + 115200u / 2) / 115200u;
	USART1_CR1 = USART_UE | USART_TE | USART_RE;
}

uint32_t board_show_at_zero(void)
{
	return boot_show_sram1_at_zero() ? BOOT_SRAM1_END : 0;
}

void board_serial_listen(void)
{
	USART1_CR1 |= USART_RXNEIE;
	NVIC_ISER(BOARD_SERIAL_IRQ / 32) = 1u << BOARD_SERIAL_IRQ % 32;
}

void board_serial_put(uint8_t byte)
{
	while (!(USART1_SR & USART_TXE))
		;
	USART1_DR = byte;
}

int32_t board_serial_get(void)
{
	return USART1_SR & USART_RXNE ? (int32_t)(USART1_DR & 0xff) : -1;
}

uint32_t ub_port_instructions(void)
{
	return BOOT_REG(0x40000024); /* TIM2_CNT */
}

uint32_t ub_port_cycles(void)
{
	return BOOT_REG(0xe0001004); /* DWT_CYCCNT */
}
