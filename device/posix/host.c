/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/posix/host.h"

#include "device/console/console.h"

static struct console console;
static struct supervisor_board board;
static struct os_thread server;

static int32_t serve(const void *a, void *b)
{
	(void)a;
	console_serve(b);
	return 0;
}

void posix_start(uint8_t *base, uint32_t pool_addr, uint32_t pool_bytes)
{
	board = (struct supervisor_board){
		.name = "host",
		.core = "host",
		.cpu = UB_CPU_DSP,
		.pool = base + pool_addr,
		.pool_addr = pool_addr,
		.pool_bytes = pool_bytes,
		.base = base,
	};
	console_init(&console, &board);
	os_lock();
	os_thread_make(&server, &(struct os_start){.name = "server", .entry = serve, .b = &console});
	os_thread_start(&server);
	os_unlock();
}

