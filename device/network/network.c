/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/network/network.h"

#include <string.h>

#include "device/os.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"

/* Who is at the other end: address and port. */
struct peer {
	ip_addr_t address;
	uint16_t port;
};
_Static_assert(sizeof(struct peer) <= OS_PEER_BYTES, "a peer has room");

static struct {
	struct network_card card;
	struct netif netif;
	struct udp_pcb *udp;
	/* The datagram that came last, until it is taken. */
	struct pbuf *came;
	struct peer from;
	uint32_t random;
	os_filter filter; /* NULL: nobody is asked about frames */
	void *filter_owner;
} network;

uint32_t sys_now(void)
{
	return (uint32_t)(os_now() / 1000);
}

/* For port numbers, of which the device has one: nothing depends on it. */
uint32_t network_random(void)
{
	return network.random = network.random * 1664525 + 1013904223;
}

static void arrived(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *address, uint16_t port)
{
	(void)arg;
	(void)pcb;
	if (network.came) { /* BUG: frames are read one at a time */
		pbuf_free(p);
		return;
	}
	network.came = p;
	memset(&network.from, 0, sizeof network.from);
	network.from.address = *address;
	network.from.port = port;
}

void network_filter(os_filter filter, void *owner)
{
	network.filter = filter;
	network.filter_owner = owner;
}

static void copy(const struct os_frame *frame, uint8_t *to, uint32_t len)
{
	pbuf_copy_partial(frame->of, to, (uint16_t)len, 0);
}

static int passes(int out, const struct pbuf *p)
{
	const struct os_frame frame = {.len = p->tot_len, .copy = copy, .of = p};

	return network.filter(network.filter_owner, out, &frame);
}

static err_t transmit(struct netif *netif, struct pbuf *p)
{
	(void)netif;
	if (network.filter && !passes(1, p))
		return ERR_OK;
	if (network.card.begin(p->tot_len) < 0)
		return ERR_MEM;
	for (; p; p = p->next)
		network.card.write(p->payload, p->len, p->len == p->tot_len);
	return ERR_OK;
}

static err_t attach(struct netif *netif)
{
	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->mtu = 1500;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	memcpy(netif->hwaddr, network.card.mac, ETH_HWADDR_LEN);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
	netif->output = etharp_output;
	netif->linkoutput = transmit;
	return ERR_OK;
}

int32_t network_start(const struct network_address *a, const uint8_t id[8])
{
	static const uint8_t none[ETH_HWADDR_LEN];
	ip4_addr_t address, mask, router;

	if (network_card_start(&network.card))
		return -1;
	if (!memcmp(network.card.mac, none, sizeof none)) { /* locally administered, of the device's id */
		memcpy(network.card.mac, id, sizeof none);
		network.card.mac[0] = (uint8_t)((network.card.mac[0] & 0xfc) | 2);
	}
	IP4_ADDR(&address, a->address[0], a->address[1], a->address[2], a->address[3]);
	IP4_ADDR(&router, a->router[0], a->router[1], a->router[2], a->router[3]);
	mask.addr = lwip_htonl(a->bits ? UINT32_MAX << (32 - a->bits) : 0);
	lwip_init();
	netif_add(&network.netif, &address, &mask, &router, 0, attach, ethernet_input);
	netif_set_default(&network.netif);
	netif_set_up(&network.netif);
	network.udp = udp_new();
	if (!network.udp || udp_bind(network.udp, IP4_ADDR_ANY, NETWORK_PORT) != ERR_OK)
		return -1;
	udp_recv(network.udp, arrived, 0);
	return 0;
}

/* Takes frames from the card until one of them was a datagram. */
static void take(void)
{
	uint32_t len;

	while (!network.came && (len = network.card.next()) != 0) {
		struct pbuf *p = len <= NETWORK_FRAME_BYTES ? pbuf_alloc(PBUF_RAW, (uint16_t)len, PBUF_POOL) : 0;
		if (!p) { /* too long, or no room: it is read and forgotten */
			network.card.read(0, len, 1);
			continue;
		}
		for (struct pbuf *q = p; q; q = q->next)
			network.card.read(q->payload, q->len, q->len == q->tot_len);
		if ((network.filter && !passes(0, p)) || network.netif.input(p, &network.netif) != ERR_OK)
			pbuf_free(p);
	}
}

uint32_t os_receive(struct os_peer *from, uint8_t *to, uint32_t size)
{
	sys_check_timeouts();
	take();
	if (!network.came) {
		network.card.listen();
		take(); /* what came before it listened */
	}
	if (!network.came)
		return 0;
	uint32_t len = pbuf_copy_partial(network.came, to, (uint16_t)size, 0);
	memset(from, 0, sizeof *from);
	memcpy(from, &network.from, sizeof network.from);
	pbuf_free(network.came);
	network.came = 0;
	return len;
}

void os_send(const struct os_peer *to, const uint8_t *bytes, uint32_t len)
{
	struct peer peer;
	struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (uint16_t)len, PBUF_RAM);

	if (!p) /* lost, as datagrams may be */
		return;
	memcpy(&peer, to, sizeof peer);
	pbuf_take(p, bytes, (uint16_t)len);
	udp_sendto(network.udp, p, &peer.address, peer.port);
	pbuf_free(p);
}
