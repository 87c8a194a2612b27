#include "repo/cart_job.h"

void *cart_job_new(struct repo *repo, size_t size, struct cart_answer *out, struct await *await)
{
	struct cart_job *job = await_begin(await, size);

	if (!job)
		return NULL;
	job->repo = repo;
	job->out = out;
	job->await = await;
	return job;
}

void cart_job_finish(struct cart_job *job, enum result result)
{
	if (job->is_written && result_is_failure(result))
		result = RESULT_UNKNOWN;
	dynamodb_call_clear(&job->call);
	await_finish(job->await, result);
}

void cart_job_succeed(struct cart_job *job)
{
	cart_job_finish(job, RESULT_OK);
}

void cart_job_refuse(struct cart_job *job, enum cart_refusal refusal)
{
	job->out->refusal = refusal;
	cart_job_finish(job, RESULT_INVALID);
}

struct dynamodb_call *cart_job_call(struct cart_job *job, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&job->call);
	job->call = (struct dynamodb_call){.await = job->await, .done = done, .context = job};
	return &job->call;
}

void cart_job_get(struct cart_job *job, const char *id, void (*done)(struct dynamodb_call *call))
{
	char pk[CART_KEY_SIZE];

	cart_item_key("C#", id, pk);
	dynamodb_get(&job->repo->db, cart_job_call(job, done), (struct dynamodb_key){pk, "#"},
		     true);
}

bool cart_job_take(struct cart_job *job, struct span item, const char *id, struct cart *out)
{
	enum result result = cart_item_read(job->repo, item, id, job->await->arena, out);

	if (result == RESULT_OK)
		return true;
	if (result == RESULT_NOT_FOUND)
		cart_job_refuse(job, CART_NOT_FOUND);
	else
		cart_job_finish(job, result);
	return false;
}

static void on_products(struct cart_product_read *read, enum result result)
{
	struct cart_job *job = read->context;

	if (result == RESULT_OK)
		job->next(job);
	else
		cart_job_finish(job, result);
}

void cart_job_products(struct cart_job *job, const char *extra, void (*next)(struct cart_job *job))
{
	job->next = next;
	job->products = (struct cart_product_read){
		.repo = job->repo,
		.await = job->await,
		.cart = &job->out->cart,
		.extra = extra,
		.done = on_products,
		.context = job,
		.out = &job->out->products,
	};
	cart_product_read(&job->products);
}

bool cart_job_tries_again(struct cart_job *job)
{
	if (++job->tries < CART_TRIES)
		return true;
	/* Not a conflict: that would be an answer, which is kept for an Idempotency-Key. */
	cart_job_finish(job, RESULT_THROTTLED);
	return false;
}

bool cart_job_stamp(const struct cart_job *job, struct cart *cart)
{
	char now[CLOCK_RFC3339_SIZE];
	char *text;

	clock_format_rfc3339(clock_wall_ms(job->repo->clock), now);
	text = arena_copy(job->await->arena, now, CLOCK_RFC3339_SIZE - 1);
	cart->updated_at = (struct span){text, CLOCK_RFC3339_SIZE - 1};
	cart->expires_s = cart_item_now(job->repo) + cart_seconds(cart);
	cart->version++;
	return text;
}
