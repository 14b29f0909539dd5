/* SPDX-License-Identifier: BSD-2-Clause */
/* SMSC LAN9118 of MPS2 boards (LAN9220 there, which is the same to software): frames through its FIFOs, a word at a time. */
#include "abi/port.h"
#include "device/boards/board.h"
#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"
#include "device/network/network.h"

#define LAN(offset) BOOT_REG(0x40200000 + (offset))
#define LAN_RX_DATA LAN(0x00)
#define LAN_TX_DATA LAN(0x20)
#define LAN_RX_STATUS LAN(0x40)
#define LAN_TX_STATUS LAN(0x48)
#define LAN_IRQ_CFG LAN(0x54)
#define LAN_INT_STS LAN(0x58)
#define LAN_INT_EN LAN(0x5c)
#define LAN_BYTE_TEST LAN(0x64)
#define LAN_FIFO_INT LAN(0x68)
#define LAN_TX_CFG LAN(0x70)
#define LAN_HW_CFG LAN(0x74)
#define LAN_RX_FIFO_INF LAN(0x7c)
#define LAN_TX_FIFO_INF LAN(0x80)
#define LAN_MAC_CMD LAN(0xa4)
#define LAN_MAC_DATA LAN(0xa8)
enum { LAN_BYTES = (int)0x87654321, LAN_TRIES = 1000000 };
enum { HW_CFG_RESET = 1, HW_CFG_FIFO = 5 << 16, TX_CFG_ON = 2, INT_RSFL = 8, IRQ_CFG_ON = 0x111, INT_ALL = -1 };
enum { MAC_BUSY = 1 << 31, MAC_READ = 1 << 30, MAC_CR = 1, MAC_HIGH = 2, MAC_LOW = 3, MAC_CR_ON = 1 << 20 | 1 << 3 | 1 << 2 };
enum { RX_ERROR = 1 << 15, TX_ONLY = 0x3000 /* first and last piece of its frame */, CRC_BYTES = 4 };

/* A frame that is being read or sent: bytes that do not fill a word yet. */
static struct {
	uint32_t word, bytes;
} in, out;

static int32_t ready(void)
{
	for (uint32_t i = 0; i < LAN_TRIES; i++) {
		if (!(LAN_MAC_CMD & MAC_BUSY))
			return 0;
	}
	return -1;
}

static uint32_t mac_read(uint32_t reg)
{
	LAN_MAC_CMD = MAC_BUSY | MAC_READ | reg;
	return ready() ? 0 : LAN_MAC_DATA;
}

static void mac_write(uint32_t reg, uint32_t value)
{
	LAN_MAC_DATA = value;
	LAN_MAC_CMD = MAC_BUSY | reg;
	(void)ready();
}

/* Frames with errors are passed over. */
static uint32_t next(void)
{
	for (;;) {
		in.bytes = 0;
		if (!(LAN_RX_FIFO_INF >> 16 & 0xff))
			return 0;
		uint32_t status = LAN_RX_STATUS, len = status >> 16 & 0x3fff;
		if (!(status & RX_ERROR) && len > CRC_BYTES)
			return len - CRC_BYTES;
		for (uint32_t i = 0; i < len; i += 4)
			(void)LAN_RX_DATA;
	}
}

static void read(uint8_t *to, uint32_t len, uint32_t last)
{
	for (; len; len--) {
		if (!in.bytes) {
			in.word = LAN_RX_DATA;
			in.bytes = 4;
		}
		if (to)
			*to++ = (uint8_t)in.word;
		in.word >>= 8;
		in.bytes--;
	}
	if (last) { /* the checksum: it ends in the word that the frame ends in, or the next */
		(void)LAN_RX_DATA;
		in.bytes = 0;
	}
}

static int32_t begin(uint32_t len)
{
	while (LAN_TX_FIFO_INF >> 16 & 0xff)
		(void)LAN_TX_STATUS;
	if ((LAN_TX_FIFO_INF & 0xffff) < len + 16)
		return -1;
	LAN_TX_DATA = TX_ONLY | len;
	LAN_TX_DATA = len << 16 | len;
	out.word = out.bytes = 0;
	return 0;
}

static void write(const uint8_t *bytes, uint32_t len, uint32_t last)
{
	for (uint32_t i = 0; i < len; i++) {
		out.word |= (uint32_t)bytes[i] << 8 * out.bytes;
		if (++out.bytes == 4) {
			LAN_TX_DATA = out.word;
			out.word = out.bytes = 0;
		}
	}
	if (last && out.bytes)
		LAN_TX_DATA = out.word;
}

static void listen(void)
{
	LAN_INT_STS = (uint32_t)INT_ALL;
	LAN_INT_EN = INT_RSFL;
}

/* The line stays up until what came is read, which is the server's to do: until then it is of no interest. */
void board_link_interrupt(void)
{
	kernel_point(OS_POINT_IRQ_ENTER);
	LAN_INT_EN = 0;
	kernel_interrupt();
}

int32_t network_card_start(struct network_card *card)
{
	*card = (struct network_card){.next = next, .read = read, .begin = begin, .write = write, .listen = listen};
	if (LAN_BYTE_TEST != (uint32_t)LAN_BYTES)
		return -1;
	LAN_HW_CFG = HW_CFG_RESET;
	for (uint32_t i = 0; LAN_HW_CFG & HW_CFG_RESET; i++) {
		if (i == LAN_TRIES)
			return -1;
	}
	LAN_HW_CFG = HW_CFG_FIFO;
	LAN_FIFO_INT = 0; /* an interrupt from the first frame on */
	LAN_IRQ_CFG = IRQ_CFG_ON;
	LAN_TX_CFG = TX_CFG_ON;
	uint32_t low = mac_read(MAC_LOW), high = mac_read(MAC_HIGH) & 0xffff;
	if (low != UINT32_MAX) { /* there is an EEPROM */
		for (uint32_t i = 0; i < 6; i++)
			card->mac[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
	}
	mac_write(MAC_CR, MAC_CR_ON);
	NVIC_ISER(BOARD_LINK_IRQ / 32) = 1u << BOARD_LINK_IRQ % 32;
	listen();
	return 0;
}
