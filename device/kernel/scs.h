/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the ARMv7-M core that the kernel uses (Arm DDI 0403E, B3), beside those of firmware/boot/regs.h. */
#ifndef DEVICE_KERNEL_SCS_H
#define DEVICE_KERNEL_SCS_H

#include "firmware/boot/regs.h"

#define SYST_CSR BOOT_REG(0xe000e010)
#define SYST_RVR BOOT_REG(0xe000e014)
#define SYST_CVR BOOT_REG(0xe000e018)
enum { SYST_ENABLE = 1, SYST_TICKINT = 2, SYST_CLKSOURCE = 4, SYST_COUNTFLAG = 1 << 16 };

#define SCB_ICSR BOOT_REG(0xe000ed04)
#define ICSR_PENDSVSET (1u << 28)
#define ICSR_PENDSTSET (1u << 26)
#define SCB_AIRCR BOOT_REG(0xe000ed0c)
#define AIRCR_RESET (0x05fa0000u | 1u << 2)
#define SCB_SHPR2 BOOT_REG(0xe000ed1c) /* priority of SVCall in the top byte */
#define SCB_SHPR3 BOOT_REG(0xe000ed20) /* PendSV, SysTick in bytes 2, 3 */
#define SCB_CPACR BOOT_REG(0xe000ed88) /* who may use the FPU; nobody: 0 */
#define FPU_FPCCR BOOT_REG(0xe000ef34) /* whether exceptions stack its registers; no core without an FPU has it */
enum { SHCSR_SVCALLPENDED = 1 << 15 };
#define NVIC_ISER(n) BOOT_REG(0xe000e100 + 4 * (n))
#define NVIC_ICER(n) BOOT_REG(0xe000e180 + 4 * (n))
#define NVIC_ISPR(n) BOOT_REG(0xe000e200 + 4 * (n))
#define NVIC_IPR(irq) (*(volatile uint8_t *)(0xe000e400 + (irq)))

enum { MPU_PRIVDEFENA = 1 << 2 };

#endif
