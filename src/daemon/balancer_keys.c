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

/* In the arena of the request that waits. */
struct waiter {
	struct waiter *next;
	struct await *await;
	char id[ID_SIZE];
};

struct balancer_keys {
	struct key_page page;
	struct loop *loop;
	const char *slash; /* between the address and an id */
	struct slot slots[BALANCER_KEYS_MAX];
	struct slot *asked;     /* what the page is asked for, or was */
	uint64_t next_us;       /* when anything may be asked for again */
	struct waiter *waiters; /* the first to come first */
	size_t waiting;
	struct loop_task settling; /* not in the midst of asking */
	struct loop_timer timer;   /* for who waits for his turn, and for deadlines */
};

static void on_page(void *context, int status, struct span text, const char *why);
static void on_settling(struct loop_task *task);
static void on_timer(struct loop_timer *timer);
static void end_waiting(struct balancer_keys *keys, enum result result);

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
	keys->settling = (struct loop_task){.run = on_settling, .context = keys};
	keys->timer = (struct loop_timer){.fire = on_timer, .context = keys};
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
	loop_defer_off(keys->loop, &keys->settling);
	loop_timer_off(keys->loop, &keys->timer);
	end_waiting(keys, RESULT_SHUTDOWN);
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

	loop_defer(keys->loop, &keys->settling);
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

/* ---- waiting ---- */

/* Whether a look tells all that can be told for now; it asks for the key when it may. */
static bool is_told(struct balancer_keys *keys, const char *id)
{
	bool is_coming;
	bool is_here = balancer_keys_find(keys, id, &is_coming) != NULL;
	const struct slot *slot = find(keys, id);
	bool is_under_way = slot && slot == keys->asked && keys->page.is_asking;
	bool has_failed = slot && !is_under_way && loop_now_us(keys->loop) < slot->next_us;

	return is_here || !is_coming || has_failed;
}

static bool is_over(struct balancer_keys *keys, const struct waiter *waiter)
{
	return loop_now_us(keys->loop) >= waiter->await->deadline_us || is_told(keys, waiter->id);
}

/* At the first deadline, or when the next one may be asked for. */
static void plan(struct balancer_keys *keys)
{
	uint64_t due_us = keys->page.is_asking ? UINT64_MAX : keys->next_us;

	for (const struct waiter *waiter = keys->waiters; waiter; waiter = waiter->next) {
		if (waiter->await->deadline_us < due_us)
			due_us = waiter->await->deadline_us;
	}
	if (!keys->waiters)
		loop_timer_off(keys->loop, &keys->timer);
	else if (!loop_timer_set(keys->loop, &keys->timer, due_us))
		end_waiting(keys, RESULT_NO_MEMORY);
}

static void add_waiter(struct balancer_keys *keys, struct waiter *waiter)
{
	struct waiter **end = &keys->waiters;

	while (*end)
		end = &(*end)->next;
	*end = waiter;
	keys->waiting++;
}

/* A waiter is gone once its await has finished. */
static struct waiter *take_waiter(struct balancer_keys *keys, struct waiter **at)
{
	struct waiter *waiter = *at;

	*at = waiter->next;
	keys->waiting--;
	return waiter;
}

static void end_waiting(struct balancer_keys *keys, enum result result)
{
	while (keys->waiters)
		await_finish(take_waiter(keys, &keys->waiters)->await, result);
}

/* No operation of this kind is begun by one that ends, so the list changes here alone. */
static void settle(struct balancer_keys *keys)
{
	for (struct waiter **at = &keys->waiters; *at;) {
		if (is_over(keys, *at))
			await_finish(take_waiter(keys, at)->await, RESULT_OK);
		else
			at = &(*at)->next;
	}
	plan(keys);
}

static void on_settling(struct loop_task *task)
{
	settle(task->context);
}

static void on_timer(struct loop_timer *timer)
{
	settle(timer->context);
}

/* What keeps it from waiting. */
static enum result judge(const struct balancer_keys *keys, const struct waiter *waiter)
{
	if (keys->page.is_stopped)
		return RESULT_SHUTDOWN;
	if (keys->waiting >= BALANCER_KEYS_WAITING_MAX)
		return RESULT_OVERLOADED;
	return waiter ? RESULT_OK : RESULT_NO_MEMORY;
}

void balancer_keys_await(struct balancer_keys *keys, const char *id, struct await *await)
{
	struct waiter *waiter = arena_alloc(await->arena, sizeof(*waiter));
	enum result result = judge(keys, waiter);

	await_start(await);
	if (result != RESULT_OK || is_told(keys, id)) {
		await_finish(await, result);
		return;
	}
	waiter->await = await;
	memcpy(waiter->id, id, ID_SIZE);
	add_waiter(keys, waiter);
	plan(keys);
}
