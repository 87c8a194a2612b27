#include "repo/cart_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/repo_write.h"

enum { VALUES_SIZE = 256, CONDITION_SIZE = 160, NEW_ITEM_MAX = 1024 };

/* ------------------------------------------------------------------ reading */

struct find {
	struct cart_job job;
	const char *id;
};

static void on_found(struct dynamodb_call *call)
{
	struct find *find = call->context;
	struct cart_job *job = &find->job;

	if (result_is_failure(call->result))
		cart_job_finish(job, call->result);
	else if (cart_job_take(job, call->item, find->id, &job->out->cart))
		cart_job_products(job, NULL, cart_job_succeed);
}

void cart_repo_find(struct repo *repo, const char *id, struct cart_answer *out, struct await *await)
{
	struct find *find = cart_job_new(repo, sizeof(*find), out, await);

	if (!find)
		return;
	find->id = id;
	if (id_is_valid(id))
		cart_job_get(&find->job, id, on_found);
	else
		cart_job_refuse(&find->job, CART_NOT_FOUND);
}

/* ------------------------------------------------------------------ making */

bool cart_repo_fill_new(const struct cart_job *job, const char *user_id, struct cart *cart)
{
	*cart = (struct cart){.status = CART_OPEN};
	id_make_random(cart->id);
	if (user_id)
		memcpy(cart->user_id, user_id, ID_SIZE);
	if (!cart_job_stamp(job, cart))
		return false;
	cart->created_at = cart->updated_at;
	return true;
}

static void on_created(struct dynamodb_call *call)
{
	struct cart_job *job = call->context;

	/* Of 122 random bits the same came twice: more likely our own write, of unknown fate. */
	cart_job_finish(job, call->result == RESULT_CONFLICT ? RESULT_UNKNOWN : call->result);
}

static void write_new(struct cart_job *job, struct buf *item)
{
	char pk[CART_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	enum result result = RESULT_NO_MEMORY;

	cart_item_key("C#", job->out->cart.id, pk);
	repo_key_names(job->repo, names);
	cart_item_write(&job->out->cart, item);
	if (buf_ok(item))
		result = repo_write(job->repo, cart_job_call(job, on_created),
				    &(struct dynamodb_write){
					    .action = DYNAMODB_PUT,
					    .key = {pk, "#"},
					    .item = buf_text(item),
					    .condition = "attribute_not_exists(#p)",
					    .names = names,
				    },
				    1);
	if (result != RESULT_OK)
		cart_job_finish(job, result);
}

void cart_repo_create(struct repo *repo, struct cart_answer *out, struct await *await)
{
	struct cart_job *job = cart_job_new(repo, sizeof(*job), out, await);
	struct buf item = {0};

	if (!job)
		return;
	out->is_new = true;
	out->products.count = 0;
	if (!cart_repo_fill_new(job, NULL, &out->cart)) {
		cart_job_finish(job, RESULT_NO_MEMORY);
		return;
	}
	buf_init(&item, NEW_ITEM_MAX);
	write_new(job, &item);
	buf_clear(&item);
}

/* ------------------------------------------------------------------ removing */

struct removal {
	struct cart_job job;
	const char *id;
	uint64_t expected_version;
	bool spares_pointer; /* it names another cart */
};

static void on_read(struct dynamodb_call *call);

/* Read anew: a cart that changes while it is removed is rare. */
static void on_removed(struct dynamodb_call *call)
{
	struct removal *removal = call->context;

	if (call->result != RESULT_CONFLICT) {
		cart_job_finish(&removal->job, call->result);
		return;
	}
	if (!call->reasons[0].is_condition)
		removal->spares_pointer = true;
	if (cart_job_tries_again(&removal->job))
		cart_job_get(&removal->job, removal->id, on_read);
}

/* What the condition on the cart takes. */
static void add_condition(const struct removal *removal, char condition[static CONDITION_SIZE],
			  char values[static VALUES_SIZE])
{
	bool is_any = removal->expected_version == 0;
	int len = snprintf(values, VALUES_SIZE,
			   "{\":ordered\":{\"S\":\"ordered\"},\":now\":{\"N\":\"%" PRId64 "\"}",
			   cart_item_now(removal->job.repo));

	snprintf(condition, CONDITION_SIZE, "#s <> :ordered AND #t > :now%s",
		 is_any ? "" : " AND version = :v");
	if (is_any)
		snprintf(values + len, VALUES_SIZE - (size_t)len, "}");
	else
		snprintf(values + len, VALUES_SIZE - (size_t)len,
			 ",\":v\":{\"N\":\"%" PRIu64 "\"}}", removal->expected_version);
}

static void write_removal(struct removal *removal)
{
	struct cart_job *job = &removal->job;
	const struct cart *cart = &job->out->cart;
	bool has_pointer = cart->user_id[0] && !removal->spares_pointer;
	char pk[CART_KEY_SIZE];
	char user[CART_KEY_SIZE];
	char condition[CONDITION_SIZE];
	char values[VALUES_SIZE];
	char cart_id[VALUES_SIZE];
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_DELETE,
		 .key = {pk, "#"},
		 .condition = condition,
		 .names = "{\"#s\":\"status\",\"#t\":\"ttl\"}",
		 .values = values,
		 .expected_version = removal->expected_version},
		{.action = DYNAMODB_DELETE,
		 .key = {user, "CART"},
		 .condition = "attribute_not_exists(cart_id) OR cart_id = :id",
		 .values = cart_id},
	};
	enum result result;

	cart_item_key("C#", cart->id, pk);
	cart_item_key("U#", cart->user_id, user);
	add_condition(removal, condition, values);
	snprintf(cart_id, sizeof(cart_id), "{\":id\":{\"S\":\"%s\"}}", cart->id);
	result = repo_write(job->repo, cart_job_call(job, on_removed), writes, has_pointer ? 2 : 1);
	if (result != RESULT_OK)
		cart_job_finish(job, result);
}

static void on_read(struct dynamodb_call *call)
{
	struct removal *removal = call->context;
	struct cart_job *job = &removal->job;
	struct cart *cart = &job->out->cart;

	if (result_is_failure(call->result)) {
		cart_job_finish(job, call->result);
		return;
	}
	if (!cart_job_take(job, call->item, removal->id, cart))
		return;
	if (removal->expected_version && removal->expected_version != cart->version)
		cart_job_refuse(job, CART_OTHER_VERSION);
	else if (cart->status == CART_ORDERED)
		cart_job_refuse(job, CART_CLOSED);
	else
		write_removal(removal);
}

void cart_repo_remove(struct repo *repo, const char *id, uint64_t expected_version,
		      struct cart_answer *out, struct await *await)
{
	struct removal *removal = cart_job_new(repo, sizeof(*removal), out, await);

	if (!removal)
		return;
	removal->id = id;
	removal->expected_version = expected_version;
	if (id_is_valid(id))
		cart_job_get(&removal->job, id, on_read);
	else
		cart_job_refuse(&removal->job, CART_NOT_FOUND);
}
