/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers boot code touches: STM32F4/F2 (ST RM0090, RM0033: same addresses) and the ARMv7-M
 * system control space (Arm DDI 0403E, B3).
 */
#ifndef BOOT_REGS_H
#define BOOT_REGS_H

#include <stdint.h>

#define BOOT_REG(addr) (*(volatile uint32_t *)(addr))

#define RCC_AHB1ENR BOOT_REG(0x40023830)
#define RCC_APB1ENR BOOT_REG(0x40023840)
#define RCC_APB2ENR BOOT_REG(0x40023844)
enum { RCC_GPIOA = 1 << 0, RCC_TIM2 = 1 << 0, RCC_USART1 = 1 << 4, RCC_SYSCFG = 1 << 14 };

#define SYSCFG_MEMRMP BOOT_REG(0x40013800)
enum { MEM_MODE_FLASH = 0, MEM_MODE_SRAM1 = 3 };

#define GPIOA_MODER BOOT_REG(0x40020000)
#define GPIOA_PUPDR BOOT_REG(0x4002000c)
#define GPIOA_AFRH BOOT_REG(0x40020024)

#define USART1_SR BOOT_REG(0x40011000)
#define USART1_DR BOOT_REG(0x40011004)
#define USART1_BRR BOOT_REG(0x40011008)
#define USART1_CR1 BOOT_REG(0x4001100c)
enum { USART_RXNE = 1 << 5, USART_TXE = 1 << 7 };
enum { USART_RE = 1 << 2, USART_TE = 1 << 3, USART_RXNEIE = 1 << 5, USART_UE = 1 << 13 };
enum { USART1_IRQ = 37 };

#define TIM2_CR1 BOOT_REG(0x40000000)
#define TIM2_EGR BOOT_REG(0x40000014)
#define TIM2_PSC BOOT_REG(0x40000028)
#define TIM2_ARR BOOT_REG(0x4000002c)
enum { TIM_CEN = 1 << 0, TIM_UG = 1 << 0 };

#define NVIC_ISER1 BOOT_REG(0xe000e104)
#define NVIC_ICER1 BOOT_REG(0xe000e184)
#define NVIC_ICPR1 BOOT_REG(0xe000e284)
#define NVIC_USART1 (1u << (USART1_IRQ - 32))

#define SCB_VTOR BOOT_REG(0xe000ed08)
#define SCB_CCR BOOT_REG(0xe000ed14)
enum { CCR_UNALIGN_TRP = 1 << 3, CCR_DIV_0_TRP = 1 << 4, CCR_STKALIGN = 1 << 9 };
#define SCB_SHCSR BOOT_REG(0xe000ed24)
enum { SHCSR_MEMFAULTENA = 1 << 16, SHCSR_BUSFAULTENA = 1 << 17, SHCSR_USGFAULTENA = 1 << 18 };
#define SCB_CFSR BOOT_REG(0xe000ed28)
enum { CFSR_MSTKERR = 1 << 4, CFSR_MMARVALID = 1 << 7, CFSR_STKERR = 1 << 12, CFSR_BFARVALID = 1 << 15 };
#define SCB_HFSR BOOT_REG(0xe000ed2c)
#define SCB_MMFAR BOOT_REG(0xe000ed34)
#define SCB_BFAR BOOT_REG(0xe000ed38)

#define MPU_CTRL BOOT_REG(0xe000ed94)
#define MPU_RBAR BOOT_REG(0xe000ed9c)
#define MPU_RASR BOOT_REG(0xe000eda0)
enum { MPU_ENABLE = 1 << 0, RBAR_VALID = 1 << 4, RASR_ENABLE = 1 << 0 };
#define RASR_SIZE(log2) (((uint32_t)(log2) - 1) << 1)
#define RASR_WITHOUT(eighths) ((uint32_t)(eighths) << 8) /* of the region, which of its eighths are not part of it */
enum {
	RASR_READ_WRITE = 3 << 24,
	RASR_READ = 6 << 24,
	RASR_XN = 1 << 28,
	RASR_NORMAL = 1 << 17, /* write-through: what ST advises for flash and SRAM */
	RASR_DEVICE = 1 << 16 | 1 << 18,
};

#define DEMCR BOOT_REG(0xe000edfc)
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL BOOT_REG(0xe0001000)
enum { DWT_CYCCNTENA = 1 };

#endif
