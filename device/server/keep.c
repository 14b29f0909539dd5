/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/server/internal.h"

/* Records of the server: no program has a name with a dot. */
static const char trusted[] = ".trust", confirmed[] = ".confirmed";

/* Whether there is one, of this length: another firmware's may be otherwise. */
static int get(const struct server *s, const char *name, void *to, uint32_t len, uint32_t *sequence)
{
	struct store_entry e;

	*sequence = 0;
	if (store_find(&s->store, name, &e))
		return 0;
	*sequence = e.sequence;
	if (e.len != len)
		return 0;
	memcpy(to, e.bytes, len);
	return 1;
}

static int32_t put(struct server *s, const char *name, const void *bytes, uint32_t len, uint32_t above)
{
	int32_t err = store_begin(&s->store, name, above + 1, len, 0);

	if (!err)
		err = store_append(&s->store, bytes, len);
	return err ? err : store_commit(&s->store);
}

void server_keep_read(struct server *s)
{
	uint32_t sequence;

	get(s, trusted, &s->kept, sizeof s->kept, &sequence);
	s->keys.revoked |= s->kept.revoked;
}

int32_t server_keep(struct server *s)
{
	struct server_kept there;
	uint32_t sequence;

	if (get(s, trusted, &there, sizeof there, &sequence) && !memcmp(&there, &s->kept, sizeof there))
		return 0;
	return put(s, trusted, &s->kept, sizeof s->kept, sequence);
}

int32_t server_keep_confirmed(struct server *s, const char *application)
{
	return application ? put(s, confirmed, application, SUPERVISOR_NAME, 0) : store_remove(&s->store, confirmed);
}

void server_kept_confirmed(const struct server *s, char application[SUPERVISOR_NAME])
{
	uint32_t sequence;

	if (!get(s, confirmed, application, SUPERVISOR_NAME, &sequence))
		*application = 0;
}
