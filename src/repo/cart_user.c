#include "repo/cart_user.h"

#include <stdio.h>
#include <string.h>

#include "repo/cart_repo.h"
#include "repo/repo_write.h"

enum { VALUES_SIZE = 96, NEW_ITEM_MAX = 1024 };

struct search {
	struct cart_job job;
	const char *user_id;
	bool makes_one;
	char pointed[ID_SIZE]; /* what the pointer names; "" when there is none */
};

static void start_search(struct search *search);

/* ------------------------------------------------------------------ making one */

enum { CART, POINTER, USER, WRITES };

static void on_made(struct dynamodb_call *call)
{
	struct search *search = call->context;
	struct cart_job *job = &search->job;

	if (call->result != RESULT_CONFLICT)
		cart_job_finish(job, call->result);
	else if (call->reasons[USER].is_condition)
		cart_job_refuse(job, CART_NO_USER);
	else if (cart_job_tries_again(job))
		start_search(search); /* somebody else has made one */
}

/* The texts of the writes: they must live until the request is made. */
struct new_cart {
	struct buf item;
	char pk[CART_KEY_SIZE];
	char user[CART_KEY_SIZE];
	char pointer[VALUES_SIZE];
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];
};

static void write_texts(const struct search *search, struct new_cart *new)
{
	const struct cart *cart = &search->job.out->cart;

	cart_item_key("C#", cart->id, new->pk);
	cart_item_key("U#", search->user_id, new->user);
	cart_item_write(cart, &new->item);
	snprintf(new->pointer, sizeof(new->pointer), "\"cart_id\":{\"S\":\"%s\"}", cart->id);
	repo_key_names(search->job.repo, new->names);
	snprintf(new->values, sizeof(new->values), "{\":old\":{\"S\":\"%s\"}}", search->pointed);
}

static enum result write_all(struct search *search, const struct new_cart *new)
{
	const char *absent = "attribute_not_exists(#p)";
	bool has_pointer = search->pointed[0] != '\0';
	const struct dynamodb_write writes[WRITES] = {
		[CART] = {.action = DYNAMODB_PUT,
			  .key = {new->pk, "#"},
			  .item = buf_text(&new->item),
			  .condition = absent,
			  .names = new->names},
		[POINTER] = {.action = DYNAMODB_PUT,
			     .key = {new->user, "CART"},
			     .item = new->pointer,
			     .condition = has_pointer ? "cart_id = :old" : absent,
			     .names = has_pointer ? NULL : new->names,
			     .values = has_pointer ? new->values : NULL},
		[USER] = {.action = DYNAMODB_CHECK,
			  .key = {new->user, "#"},
			  .condition = "attribute_exists(#p)",
			  .names = new->names},
	};

	return repo_write(search->job.repo, cart_job_call(&search->job, on_made), writes, WRITES);
}

static void make(struct search *search)
{
	struct cart_answer *out = search->job.out;
	struct new_cart new = {0};
	enum result result = RESULT_NO_MEMORY;

	buf_init(&new.item, NEW_ITEM_MAX);
	out->is_new = true;
	out->products.count = 0;
	if (cart_repo_fill_new(&search->job, search->user_id, &out->cart))
		write_texts(search, &new);
	else
		new.item.failed = true;
	if (buf_ok(&new.item))
		result = write_all(search, &new);
	if (result != RESULT_OK)
		cart_job_finish(&search->job, result);
	buf_clear(&new.item);
}

/* ------------------------------------------------------------------ looking for one */

static void take_none(struct search *search)
{
	if (search->makes_one)
		make(search);
	else
		cart_job_refuse(&search->job, CART_NOT_FOUND);
}

static void on_cart(struct dynamodb_call *call)
{
	struct search *search = call->context;
	struct cart_job *job = &search->job;
	struct cart *cart = &job->out->cart;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = cart_item_read(job->repo, call->item, search->pointed, job->await->arena,
					cart);
	if (result == RESULT_NOT_FOUND || (result == RESULT_OK && cart->status != CART_OPEN))
		take_none(search);
	else if (result == RESULT_OK)
		cart_job_products(job, NULL, cart_job_succeed);
	else
		cart_job_finish(job, result);
}

/* True when the user exists. */
static bool take_items(struct search *search, struct span items)
{
	struct json_walk walk;
	struct item item;
	bool has_user = false;

	search->pointed[0] = '\0';
	json_walk_init(&walk, items);
	while (item_view_next(&walk, &item)) {
		struct span cart_id = item_raw_string(&item, "cart_id");

		if (span_equals(item_raw_string(&item, "sk"), "#"))
			has_user = true;
		else if (cart_id.len == ID_LEN)
			memcpy(search->pointed, cart_id.data, ID_LEN);
	}
	search->pointed[ID_LEN] = '\0';
	return has_user;
}

static void on_pointer(struct dynamodb_call *call)
{
	struct search *search = call->context;
	struct cart_job *job = &search->job;

	if (call->result != RESULT_OK)
		cart_job_finish(job, call->result);
	else if (!take_items(search, call->items))
		cart_job_refuse(job, CART_NO_USER);
	else if (id_is_valid(search->pointed))
		cart_job_get(job, search->pointed, on_cart);
	else
		take_none(search);
}

/* The user and the pointer at once. */
static void start_search(struct search *search)
{
	struct cart_job *job = &search->job;
	char user[CART_KEY_SIZE];
	const struct dynamodb_key keys[] = {{user, "#"}, {user, "CART"}};

	job->out->is_new = false;
	cart_item_key("U#", search->user_id, user);
	dynamodb_batch_get(&job->repo->db, cart_job_call(job, on_pointer), keys, 2, true);
}

static void begin(struct repo *repo, const struct search *what, struct cart_answer *out,
		  struct await *await)
{
	struct search *search = cart_job_new(repo, sizeof(*search), out, await);

	if (!search)
		return;
	search->user_id = what->user_id;
	search->makes_one = what->makes_one;
	if (id_is_valid(search->user_id))
		start_search(search);
	else
		cart_job_refuse(&search->job, CART_NO_USER);
}

void cart_user_find(struct repo *repo, const char *user_id, struct cart_answer *out,
		    struct await *await)
{
	begin(repo, &(struct search){.user_id = user_id}, out, await);
}

void cart_user_make(struct repo *repo, const char *user_id, struct cart_answer *out,
		    struct await *await)
{
	begin(repo, &(struct search){.user_id = user_id, .makes_one = true}, out, await);
}
