/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/server/internal.h"

/* Records of the server: no program has a name with a dot. */
static const char trust_record[] = ".trust", oscore_record[] = ".oscore";

static int32_t write(struct server *s, const char *name, const void *bytes, uint32_t len)
{
	struct store_entry e = {0};

	if (!store_find(&s->store, name, &e) && e.len == len && !memcmp(e.bytes, bytes, len))
		return 0;
	int32_t err = store_begin(&s->store, name, e.sequence + 1, len, 0);
	if (!err)
		err = store_append(&s->store, bytes, len);
	return err ? err : store_commit(&s->store);
}

static void read(struct server *s, const char *name, void *to, uint32_t len)
{
	struct store_entry e;

	if (!store_find(&s->store, name, &e) && e.len == len) /* of another firmware, otherwise */
		memcpy(to, e.bytes, len);
}

void server_keep_read(struct server *s)
{
	uint64_t ends[SERVER_CONTEXTS] = {0};

	read(s, trust_record, &s->kept, sizeof s->kept);
	s->keys.revoked |= s->kept.revoked;
	read(s, oscore_record, ends, sizeof ends);
	for (uint32_t i = 0; i < s->setup->ncontexts; i++) {
		struct oscore_context *c = &s->setup->contexts[i];
		c->sequence = c->reserved = ends[i];
		c->reserve = server_reserve;
		c->arg = s;
		c->lost = 1;
		c->challenge = OSCORE_SEQUENCE_END;
	}
}

int32_t server_keep(struct server *s)
{
	return write(s, trust_record, &s->kept, sizeof s->kept);
}

int32_t server_reserve(void *arg, const struct oscore_context *c, uint64_t end)
{
	struct server *s = arg;
	uint64_t ends[SERVER_CONTEXTS] = {0};

	/* Another record may not be begun while a program arrives. What needs these numbers are notifications, which wait. */
	if (s->transfer.active && s->transfer.begun)
		return STORE_E_ORDER;
	for (uint32_t i = 0; i < s->setup->ncontexts; i++)
		ends[i] = &s->setup->contexts[i] == c ? end : s->setup->contexts[i].reserved;
	return write(s, oscore_record, ends, sizeof ends);
}
