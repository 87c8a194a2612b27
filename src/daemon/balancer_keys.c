#include "daemon/balancer_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"

#define SECONDS(n) ((uint64_t)(n)*1000000)

static const uint64_t refresh_us = SECONDS(3600);
static const uint64_t absent_us = SECONDS(300);
static const uint64_t failed_us = SECONDS(30);
static const uint64_t pause_us = SECONDS(1);

struct slot {
	char id[ID_SIZE];  /* "": the slot is free */
	struct jwks *key;  /* NULL: there is none, or none yet */
	bool is_absent;    /* the place has said that it has none */
	uint64_t asked_us; /* when it was asked for, the last time */
	uint64_t next_us;  /* when it may be asked for again */
};

struct balancer_keys {
	struct key_page page;
	struct loop *loop;
	const char *slash; /* between the address and an id */
	struct slot slots[BALANCER_KEYS_MAX];
	struct slot *asked; /* what the page is asked for, or was */
	uint64_t next_us;   /* when anything may be asked for again */
};

static void on_page(void *context, int status, struct span text, const char *why);

struct balancer_keys *balancer_keys_new(const struct key_page_place *place)
{
	struct balancer_keys *keys = calloc(1, sizeof(*keys));
	size_t len = strlen(place->url);

	if (!keys)
		return NULL;
	keys->loop = place->loop;
	keys->slash = place->url[len - 1] == '/' ? "" : "/";
	keys->page.done = on_page;
	keys->page.context = keys;
	if (key_page_init(&keys->page, place))
		return keys;
	balancer_keys_free(keys);
	return NULL;
}

void balancer_keys_free(struct balancer_keys *keys)
{
	if (!keys)
		return;
	key_page_clear(&keys->page);
	for (size_t i = 0; i < BALANCER_KEYS_MAX; i++)
		jwks_free(keys->slots[i].key);
	free(keys);
}

void balancer_keys_stop(struct balancer_keys *keys)
{
	key_page_stop(&keys->page);
}

static struct slot *find(struct balancer_keys *keys, const char *id)
{
	for (size_t i = 0; i < BALANCER_KEYS_MAX; i++) {
		if (strcmp(keys->slots[i].id, id) == 0)
			return &keys->slots[i];
	}
	return NULL;
}

/* Whether a slot can be done without sooner than another. */
static bool is_less_useful(const struct slot *slot, const struct slot *other)
{
	if (!slot->key != !other->key)
		return !slot->key;
	return slot->asked_us < other->asked_us;
}

/* For an id that has none. Keys that are used are asked for each hour, and so not the oldest. */
static struct slot *take_slot(struct balancer_keys *keys, const char *id)
{
	struct slot *slot = &keys->slots[0];

	for (size_t i = 1; i < BALANCER_KEYS_MAX; i++) {
		if (is_less_useful(&keys->slots[i], slot))
			slot = &keys->slots[i];
	}
	jwks_free(slot->key);
	*slot = (struct slot){0};
	memcpy(slot->id, id, ID_SIZE);
	return slot;
}

static void fail(struct balancer_keys *keys, const char *why)
{
	struct slot *slot = keys->asked;

	log_event(LOG_WARNING,
		  slot->key ? "cannot fetch a load balancer's key again; the one from before stays"
			    : "cannot fetch a load balancer's key",
		  LOG_F_STR("key", slot->id), LOG_F_STR("why", why));
	slot->next_us = loop_now_us(keys->loop) + (slot->is_absent ? absent_us : failed_us);
}

static void on_page(void *context, int status, struct span text, const char *why)
{
	struct balancer_keys *keys = context;
	struct slot *slot = keys->asked;
	char mistake[JWKS_WHY_SIZE] = "";
	struct jwks *key = NULL;

	/* Who may not list a bucket is told 403 for what is not in it. */
	slot->is_absent = status == 403 || status == 404;
	if (status == 200) {
		key = jwks_parse_pem(span_of(slot->id), text, mistake);
		why = mistake;
	}
	if (!key) {
		fail(keys, why);
		return;
	}
	if (!slot->key)
		log_event(LOG_INFO, "a load balancer's key", LOG_F_STR("key", slot->id));
	jwks_free(slot->key);
	slot->key = key;
	slot->next_us = loop_now_us(keys->loop) + refresh_us;
}

static void ask(struct balancer_keys *keys, const char *id, struct slot *slot)
{
	uint64_t now_us = loop_now_us(keys->loop);
	char rest[1 + ID_SIZE];

	if (keys->page.is_stopped || keys->page.is_asking || now_us < keys->next_us)
		return;
	keys->asked = slot ? slot : take_slot(keys, id);
	keys->asked->asked_us = now_us;
	keys->next_us = now_us + pause_us;
	snprintf(rest, sizeof(rest), "%s%s", keys->slash, id);
	key_page_get(&keys->page, rest);
}

const struct jwks *balancer_keys_find(struct balancer_keys *keys, const char *id, bool *is_coming)
{
	struct slot *slot;

	*is_coming = false;
	if (!id_is_valid(id))
		return NULL;
	slot = find(keys, id);
	if (!slot || loop_now_us(keys->loop) >= slot->next_us)
		ask(keys, id, slot);
	*is_coming = !slot || !slot->is_absent;
	return slot ? slot->key : NULL;
}
