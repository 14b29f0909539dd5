/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/boards/identity.h"

#include <string.h>

struct burned_operator {
	struct oscore_id id;
	uint8_t secret[CRYPTO_KEY_BYTES];
};
struct burned_class {
	const char *name;
	uint8_t uuid[TRUST_UUID_BYTES];
};
#include "keys.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
_Static_assert(COUNT(burned_operators) <= BOARD_OPERATORS, "operators");

struct board_provision board_provision __attribute__((section(".noinit")));
/* How often it started since power came: a reset leaves this memory alone. */
static struct {
	uint32_t magic, count;
} starts __attribute__((section(".noinit")));

void board_identify(struct board_identity *i)
{
	static const struct oscore_id device = {1, {'d'}};

	memset(i, 0, sizeof *i);
	if (starts.magic != BOARD_PROVISION_MAGIC)
		starts.count = 0;
	starts.magic = BOARD_PROVISION_MAGIC;
	starts.count++;
	if (board_provision.magic == BOARD_PROVISION_MAGIC) {
		memcpy(i->id_context, board_provision.id, sizeof board_provision.id);
		memcpy(i->id_context + sizeof board_provision.id, board_provision.nonce, sizeof board_provision.nonce);
	}
	memcpy(i->id_context + OSCORE_CONTEXT_BYTES - sizeof starts.count, &starts.count, sizeof starts.count);

	i->keys = (struct trust_keys){burned_keys, COUNT(burned_keys), 0, BURNED_PRODUCTION};
	i->trust.keys = &i->keys;
	memcpy(i->trust.vendor, burned_vendor, sizeof burned_vendor);
	i->trust.classes = i->classes;
	for (uint32_t k = 0; k < COUNT(burned_classes); k++) {
		if (k == 0 || !strcmp(burned_classes[k].name, BOARD_NAME)) /* the first is any board's */
			memcpy(i->classes[i->trust.nclasses++], burned_classes[k].uuid, TRUST_UUID_BYTES);
	}
	for (; i->ncontexts < COUNT(burned_operators); i->ncontexts++) {
		const struct burned_operator *o = &burned_operators[i->ncontexts];
		const struct oscore_secret secret = {
			.master = o->secret, .master_len = sizeof o->secret,
			.id_context = i->id_context, .id_context_len = sizeof i->id_context,
		};
		oscore_derive(&i->contexts[i->ncontexts], &secret, &device, &o->id);
	}
}
