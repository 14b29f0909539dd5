/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "device/posix/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUEUE = 64 };

struct queue {
	uint32_t head, tail;
	struct {
		struct os_peer peer;
		uint32_t len;
		uint8_t bytes[OS_DATAGRAM_BYTES];
	} items[QUEUE];
};

static struct {
	struct os_thread *listener;
	uint32_t flags;
	int udp; /* a socket, 0: none */
	pthread_cond_t sent;
	struct queue in, out;
	os_filter filter;
	void *owner; /* the filter's */
} at = {.sent = PTHREAD_COND_INITIALIZER};

static void put(struct queue *q, const struct os_peer *peer, const uint8_t *bytes, uint32_t len)
{
	if (q->head - q->tail == QUEUE || len > OS_DATAGRAM_BYTES)
		return;
	q->items[q->head % QUEUE].peer = *peer;
	q->items[q->head % QUEUE].len = len;
	memcpy(q->items[q->head % QUEUE].bytes, bytes, len);
	q->head++;
}

static uint32_t get(struct queue *q, struct os_peer *peer, uint8_t *to, uint32_t size)
{
	if (q->head == q->tail)
		return 0;
	uint32_t i = q->tail++ % QUEUE, len = q->items[i].len < size ? q->items[i].len : size;
	*peer = q->items[i].peer;
	memcpy(to, q->items[i].bytes, len);
	return len;
}

static void wake(void)
{
	if (at.listener)
		os_wake(at.listener, at.flags);
}

void os_listen(uint32_t flags)
{
	os_lock();
	at.listener = os_self();
	at.flags = flags;
	os_unlock();
}

static void copy(const struct os_frame *frame, uint8_t *to, uint32_t len)
{
	memcpy(to, frame->of, len);
}

static int passes(int out, const uint8_t *bytes, uint32_t len)
{
	const struct os_frame frame = {.len = len, .copy = copy, .of = bytes};

	return !at.filter || at.filter(at.owner, out, &frame);
}

void posix_filter(os_filter filter, void *owner)
{
	at.filter = filter;
	at.owner = owner;
}

uint32_t os_receive(struct os_peer *from, uint8_t *to, uint32_t size)
{
	uint32_t len;

	while ((len = get(&at.in, from, to, size)) != 0 && !passes(0, to, len))
		;
	return len;
}

/* A peer of a UDP socket: address and port, as they are sent. */
static struct sockaddr_in address_of(const struct os_peer *peer)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	memcpy(&a.sin_addr, peer->bytes, 4);
	memcpy(&a.sin_port, peer->bytes + 4, 2);
	return a;
}

void os_send(const struct os_peer *to, const uint8_t *bytes, uint32_t len)
{
	if (at.udp) {
		struct sockaddr_in a = address_of(to);
		sendto(at.udp, bytes, len, 0, (struct sockaddr *)&a, sizeof a); /* what cannot be sent is lost */
		return;
	}
	if (passes(1, bytes, len))
		put(&at.out, to, bytes, len);
	pthread_cond_broadcast(&at.sent);
}

void posix_give(const struct os_peer *from, const uint8_t *bytes, uint32_t len)
{
	os_lock();
	put(&at.in, from, bytes, len);
	wake();
	os_unlock();
}

void posix_queue(const struct os_peer *from, const uint8_t *bytes, uint32_t len)
{
	os_lock();
	put(&at.in, from, bytes, len);
	os_unlock();
}

uint32_t posix_take(struct os_peer *to, uint8_t bytes[OS_DATAGRAM_BYTES], int wait)
{
	uint32_t len;

	os_lock();
	while (!(len = get(&at.out, to, bytes, OS_DATAGRAM_BYTES)) && wait)
		posix_wait(&at.sent);
	os_unlock();
	return len;
}

void posix_forget(void)
{
	os_lock();
	at.listener = NULL;
	at.filter = NULL;
	at.in.tail = at.in.head;
	at.out.tail = at.out.head;
	os_unlock();
}

static void *listen_udp(void *unused)
{
	uint8_t bytes[OS_DATAGRAM_BYTES + 1];
	struct sockaddr_in a;

	(void)unused;
	for (;;) {
		socklen_t size = sizeof a;
		ssize_t n = recvfrom(at.udp, bytes, sizeof bytes, 0, (struct sockaddr *)&a, &size);
		if (n < 0 && errno != EINTR && errno != ECONNREFUSED && errno != EAGAIN)
			return NULL;
		if (n <= 0)
			continue;
		struct os_peer from = {0};
		memcpy(from.bytes, &a.sin_addr, 4);
		memcpy(from.bytes + 4, &a.sin_port, 2);
		posix_give(&from, bytes, (uint32_t)n);
	}
}

int32_t posix_udp(uint32_t address, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
	socklen_t size = sizeof a;
	pthread_t thread;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, sizeof a) || getsockname(fd, (struct sockaddr *)&a, &size)) {
		int32_t err = -errno;
		close(fd);
		return err;
	}
	at.udp = fd;
	if (pthread_create(&thread, NULL, listen_udp, NULL)) {
		at.udp = 0;
		close(fd);
		return -EAGAIN;
	}
	pthread_detach(thread);
	return ntohs(a.sin_port);
}
