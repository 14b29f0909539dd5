/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/server/internal.h"

/* A record of the server: no program has a name with a dot. */
static const char record[] = ".trust";

void server_keep_read(struct server *s)
{
	struct store_entry e;

	if (!store_find(&s->store, record, &e) && e.len == sizeof s->kept) /* of another firmware, otherwise */
		memcpy(&s->kept, e.bytes, sizeof s->kept);
	s->keys.revoked |= s->kept.revoked;
}

int32_t server_keep(struct server *s)
{
	struct store_entry e = {0};

	if (!store_find(&s->store, record, &e) && e.len == sizeof s->kept && !memcmp(e.bytes, &s->kept, e.len))
		return 0;
	int32_t err = store_begin(&s->store, record, e.sequence + 1, sizeof s->kept, 0);
	if (!err)
		err = store_append(&s->store, (const uint8_t *)&s->kept, sizeof s->kept);
	return err ? err : store_commit(&s->store);
}
