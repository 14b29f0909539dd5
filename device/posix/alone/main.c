/* SPDX-License-Identifier: BSD-2-Clause */
/* A device on the host as a program of its own: the server of the field on UDP, with its flash in a file. Keys are burned in
 * as they are on boards. `make build/device/host`; `ubench device emulate --target host` starts it.
 *
 *     host FLASH ADDRESS PORT      prints the port, and serves until its standard input ends
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "device/boards/identity.h"
#include "device/posix/link.h"
#include "device/posix/nor/nor.h"
#include "device/server/server.h"

enum { AREA = 64 << 10, AREAS = 4, ID = 8 };
#define POOL_ADDR 0x20008000u
#define POOL_BYTES (192u << 10)
#define SPACE ((size_t)1 << 32)

static struct server server;
static struct server_setup setup;
static struct board_identity identity;
static struct supervisor_board board;
static struct nor flash;
static struct os_thread thread;

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

/* Flash, and behind it who the device is: made when the file is. */
static uint8_t *open_flash(const char *path)
{
	const size_t size = (size_t)AREA * AREAS + ID;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	uint8_t *bytes = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	struct flock alone = {.l_type = F_WRLCK};

	if (bytes == MAP_FAILED)
		return NULL;
	if (fcntl(fd, F_SETLK, &alone)) { /* held for as long as the process lives */
		errno = EBUSY;
		return NULL;
	}
	if (end == 0) {
		if (ftruncate(fd, (off_t)size))
			return NULL;
		memset(bytes, 0xff, size - ID);
		if (getrandom(bytes + size - ID, ID, 0) != ID)
			return NULL;
	} else if (end != (off_t)size) {
		errno = EINVAL; /* of something else */
		return NULL;
	}
	return bytes;
}

static int32_t serve(const void *a, void *b)
{
	(void)a, (void)b;
	server_serve(&server, &setup);
}

int main(int argc, char **argv)
{
	struct in_addr address;

	if (argc != 4 || !inet_aton(argv[2], &address)) {
		fprintf(stderr, "usage: %s FLASH ADDRESS PORT\n", argv[0]);
		return 2;
	}
	uint8_t *bytes = open_flash(argv[1]);
	if (!bytes)
		return fail(argv[1]);
	/* What slips past a check hits a hole instead of this process's own memory. */
	uint8_t *base = mmap(NULL, SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED || mprotect(base + POOL_ADDR, POOL_BYTES, PROT_READ | PROT_WRITE))
		return fail("memory of the device");
	nor_init(&flash, bytes, AREA, AREAS);
	board_provision.magic = BOARD_PROVISION_MAGIC;
	memcpy(board_provision.id, bytes + (size_t)AREA * AREAS, ID);
	uint32_t random;
	if (getrandom(board_provision.nonce, sizeof board_provision.nonce, 0) < 0 || getrandom(&random, sizeof random, 0) < 0)
		return fail("random numbers");
	board_identify(&identity);
	board = (struct supervisor_board){
		.name = "host", .core = "host", .cpu = UB_CPU_DSP, .pool = base + POOL_ADDR, .pool_addr = POOL_ADDR, .pool_bytes = POOL_BYTES,
		.base = base,
	};
	setup = (struct server_setup){
		.board = &board, .firmware = BOARD_FIRMWARE, .flash = &flash.flash, .trust = identity.trust, .contexts = identity.contexts,
		.ncontexts = identity.ncontexts, .id_context = identity.id_context, .block = 1024, .random = random,
	};
	int32_t port = posix_udp(ntohl(address.s_addr), (uint16_t)atoi(argv[3]));
	if (port < 0) {
		errno = -port;
		return fail(argv[2]);
	}
	os_lock();
	os_thread_make(&thread, &(struct os_start){.name = "server", .entry = serve});
	os_thread_start(&thread);
	os_unlock();
	printf("%d\n", port);
	fflush(stdout);
	char byte;
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}

/* Nothing counts here. */
uint32_t ub_port_instructions(void)
{
	return 0;
}

uint32_t ub_port_cycles(void)
{
	return 0;
}
