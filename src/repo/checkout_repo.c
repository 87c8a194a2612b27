#include "repo/checkout_repo.h"

#include <string.h>

#include "repo/repo_write.h"
#include "repo/stock_moves.h"
#include "repo/user_item.h"

enum { VALUES_MAX = 64 * 1024 };

void checkout_repo_now(const struct repo *repo, char now[static CLOCK_RFC3339_SIZE])
{
	clock_format_rfc3339(clock_wall_ms(repo->clock), now);
}

/* ------------------------------------------------------------------ what all have in common */

struct job {
	struct repo *repo;
	struct await *await;
	const char *id;
	uint64_t expected_version; /* 0: any */
	struct checkout_answer *out;
	struct stored_checkout *stored;
	void (*judge)(struct job *job); /* what was read: refuses, finishes or goes on */
	checkout_ended done;            /* NULL: the await is finished */
	void *context;
	struct dynamodb_call call;
	unsigned tries;

	/* of a patch */
	struct checkout_patch patch;

	/* of an end */
	enum checkout_status end;
	enum checkout_refusal refusal; /* what is told when it has ended; CHECKOUT_FINE: success */
	struct stock_moves moves;
	uint64_t misfit_version; /* that it had when stocks did not fit it; 0: never */
};

static void finish(struct job *job, enum result result)
{
	stock_moves_clear(&job->moves);
	dynamodb_call_clear(&job->call);
	if (job->done)
		job->done(job->context, result);
	else
		await_finish(job->await, result);
}

static void refuse(struct job *job, enum checkout_refusal refusal)
{
	job->out->refusal = refusal;
	finish(job, RESULT_INVALID);
}

static struct dynamodb_call *new_call(struct job *job, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&job->call);
	job->call = (struct dynamodb_call){.await = job->await, .done = done, .context = job};
	return &job->call;
}

static void on_read(struct dynamodb_call *call)
{
	struct job *job = call->context;
	int64_t now_s = clock_wall_ms(job->repo->clock) / 1000;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = checkout_item_read(call->item, job->id, now_s, job->await->arena,
					    job->stored);
	if (result == RESULT_OK) {
		job->out->checkout = job->stored->checkout;
		job->judge(job);
	} else if (result == RESULT_NOT_FOUND) {
		refuse(job, CHECKOUT_NOT_FOUND);
	} else {
		finish(job, result);
	}
}

static void start_read(struct job *job)
{
	char pk[CHECKOUT_KEY_SIZE];

	checkout_item_key(job->id, pk);
	dynamodb_get(&job->repo->db, new_call(job, on_read), (struct dynamodb_key){pk, "#"}, true);
}

static struct job *new_job(struct repo *repo, struct checkout_answer *out, struct await *await)
{
	struct job *job = arena_alloc(await->arena, sizeof(*job));
	struct stored_checkout *stored = arena_alloc(await->arena, sizeof(*stored));

	if (!job || !stored)
		return NULL;
	job->repo = repo;
	job->out = out;
	job->await = await;
	job->stored = stored;
	return job;
}

/* The same for an operation of its own; NULL: it is over already. */
static struct job *new_operation(struct repo *repo, struct checkout_answer *out,
				 struct await *await)
{
	struct job *job = new_job(repo, out, await);

	await_start(await);
	if (!job)
		await_finish(await, RESULT_NO_MEMORY);
	return job;
}

static void start(struct job *job, const char *id)
{
	job->id = id;
	if (id_is_valid(id))
		start_read(job);
	else
		refuse(job, CHECKOUT_NOT_FOUND);
}

/* True when it is held and, if it is altered, as expected; else it has been refused. */
static bool is_open(struct job *job, bool is_altered)
{
	const struct checkout *checkout = &job->stored->checkout;
	char now[CLOCK_RFC3339_SIZE];
	enum checkout_refusal refusal;

	checkout_repo_now(job->repo, now);
	refusal = checkout_judge(checkout, now);
	if (refusal == CHECKOUT_FINE && is_altered && job->expected_version &&
	    job->expected_version != checkout->version)
		refusal = CHECKOUT_OTHER_VERSION;
	if (refusal != CHECKOUT_FINE)
		refuse(job, refusal);
	return refusal == CHECKOUT_FINE;
}

/* ------------------------------------------------------------------ finding */

static void judge_found(struct job *job)
{
	char now[CLOCK_RFC3339_SIZE];

	checkout_repo_now(job->repo, now);
	if (checkout_judge(&job->stored->checkout, now) == CHECKOUT_ENDED)
		refuse(job, CHECKOUT_ENDED);
	else
		finish(job, RESULT_OK);
}

void checkout_repo_find(struct repo *repo, const char *id, struct checkout_answer *out,
			struct await *await)
{
	struct job *job = new_operation(repo, out, await);

	if (!job)
		return;
	job->judge = judge_found;
	start(job, id);
}

/* ------------------------------------------------------------------ patching */

static void on_patched(struct dynamodb_call *call)
{
	struct job *job = call->context;

	if (call->result != RESULT_CONFLICT)
		finish(job, call->result);
	else if (job->tries == CHECKOUT_TRIES)
		finish(job, RESULT_THROTTLED);
	else
		start_read(job); /* it has changed, or its time is over */
}

#define PATCH                                                            \
	"SET address = :a, #x = :x, expires_at = :expires, g2s = :g2s, " \
	"updated_at = :time, version = :next"

static void write_patch(struct job *job)
{
	struct buf values = {0};
	char pk[CHECKOUT_KEY_SIZE];
	char now[CLOCK_RFC3339_SIZE];
	enum result result = RESULT_NO_MEMORY;

	job->tries++;
	checkout_item_key(job->id, pk);
	checkout_repo_now(job->repo, now);
	buf_init(&values, VALUES_MAX);
	checkout_item_write_change(&job->stored->checkout, &job->out->checkout, now,
				   job->repo->write_shards, &values);
	if (buf_ok(&values))
		result = repo_write(
			job->repo, new_call(job, on_patched),
			&(struct dynamodb_write){
				.action = DYNAMODB_UPDATE,
				.key = {pk, "#"},
				.update = job->out->checkout.email.data ? PATCH ", email = :e"
									: PATCH " REMOVE email",
				.condition = "#s = :held AND version = :v AND expires_at > :now",
				.names = "{\"#s\":\"status\",\"#x\":\"extended\"}",
				.values = buf_text(&values),
				.expected_version = job->stored->checkout.version,
			},
			1);
	if (result != RESULT_OK)
		finish(job, result);
	buf_clear(&values);
}

/* What it becomes, in place. False when that is what it is. */
static bool apply(const struct job *job, const struct checkout_parts *parts)
{
	struct checkout *checkout = &job->out->checkout;
	int64_t now_ms = clock_wall_ms(job->repo->clock);

	if (!parts->wants_extension && span_same(parts->address, checkout->address) &&
	    span_same(parts->email, checkout->email))
		return false;
	checkout->address = parts->address;
	checkout->email = parts->email;
	checkout->version++;
	clock_format_rfc3339(now_ms, checkout->updated_at);
	if (parts->wants_extension) {
		checkout->is_extended = true;
		clock_format_rfc3339(now_ms + job->patch.hold_ms, checkout->expires_at);
	}
	return true;
}

static void judge_patch(struct job *job)
{
	const struct checkout *checkout = &job->stored->checkout;
	struct checkout_parts parts = {checkout->address, checkout->email, false};
	enum result result = job->patch.change(&parts, job->await->arena, job->patch.context);
	bool is_altered = result != RESULT_OK || apply(job, &parts);

	if (!is_open(job, is_altered))
		return;
	if (result != RESULT_OK)
		finish(job, result);
	else if (parts.wants_extension && checkout->is_extended)
		refuse(job, CHECKOUT_ALREADY_EXTENDED);
	else if (is_altered)
		write_patch(job);
	else
		finish(job, RESULT_OK);
}

void checkout_repo_patch(struct repo *repo, const struct checkout_patch *patch,
			 struct checkout_answer *out, struct await *await)
{
	struct job *job = new_operation(repo, out, await);

	if (!job)
		return;
	job->patch = *patch;
	job->expected_version = patch->expected_version;
	job->judge = judge_patch;
	start(job, patch->id);
}

/* ------------------------------------------------------------------ ending */

/* The checkout's write comes first; the others are stocks. */
enum { CHECKOUT_WRITE, FIRST_STOCK };

static void decide(struct job *job);

static void on_ended(struct dynamodb_call *call)
{
	struct job *job = call->context;

	if (call->result == RESULT_OK && job->refusal != CHECKOUT_FINE)
		refuse(job, job->refusal);
	else if (call->result != RESULT_CONFLICT)
		finish(job, call->result);
	else if (job->tries == CHECKOUT_TRIES)
		finish(job, RESULT_THROTTLED);
	else if (call->reasons[CHECKOUT_WRITE].is_condition)
		start_read(job);
	else if (stock_moves_take(&job->moves, call->reasons + FIRST_STOCK) == RESULT_CONFLICT)
		decide(job);
	else
		finish(job, RESULT_GARBLED);
}

static void write_end_values(const struct job *job, struct buf *values)
{
	int64_t now_ms = clock_wall_ms(job->repo->clock);
	char now[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(now_ms, now);
	buf_init(values, VALUES_MAX);
	buf_add_char(values, '{');
	attribute_add_text(values, ":held", "held");
	attribute_add_text(values, ":end", checkout_status_name(job->end));
	attribute_add_text(values, ":time", now);
	attribute_add_integer(values, ":ttl", now_ms / 1000 + CHECKOUT_KEPT_SECONDS);
	attribute_add_integer(values, ":v", (int64_t)job->stored->checkout.version);
	attribute_add_integer(values, ":one", 1);
	if (job->end == CHECKOUT_EXPIRED)
		attribute_add_text(values, ":by", now);
	buf_add_char(values, '}');
}

static enum result start_end(struct job *job, const char *values)
{
	struct dynamodb_write writes[REPO_USER_WRITES_MAX];
	char pk[CHECKOUT_KEY_SIZE], user[RECORD_KEY_SIZE];
	const struct checkout *checkout = &job->stored->checkout;
	size_t count = 0;
	enum result result = stock_moves_make(&job->moves, writes + FIRST_STOCK,
					      REPO_USER_WRITES_MAX - FIRST_STOCK - 1, &count);

	if (result != RESULT_OK)
		return result;
	count += FIRST_STOCK;
	checkout_item_key(job->id, pk);
	user_item_key(checkout->user_id, user);
	writes[CHECKOUT_WRITE] = (struct dynamodb_write){
		.action = DYNAMODB_UPDATE,
		.key = {pk, "#"},
		.update = "SET #s = :end, updated_at = :time, #t = :ttl "
			  "REMOVE g2p, g2s, user_id, address, email ADD version :one",
		.condition = job->end == CHECKOUT_EXPIRED
				     ? "#s = :held AND version = :v AND expires_at <= :by"
				     : "#s = :held AND version = :v",
		.names = "{\"#s\":\"status\",\"#t\":\"ttl\"}",
		.values = values,
	};
	if (checkout->user_id[0])
		writes[count++] =
			(struct dynamodb_write){.action = DYNAMODB_DELETE, .key = {user, pk}};
	return repo_write(job->repo, new_call(job, on_ended), writes, count);
}

/*
 * The stocks were read after the checkout. If less is reserved than it holds, somebody else may
 * have ended it meanwhile: that is seen by reading it again.
 */
static void take_misfit(struct job *job)
{
	uint64_t version = job->stored->checkout.version;

	if (job->misfit_version == version) {
		finish(job, RESULT_GARBLED);
	} else if (job->tries >= CHECKOUT_TRIES) {
		finish(job, RESULT_THROTTLED);
	} else {
		job->misfit_version = version;
		start_read(job);
	}
}

static void decide(struct job *job)
{
	struct buf values = {0};
	enum result result = RESULT_NO_MEMORY;

	job->tries++;
	dynamodb_call_clear(&job->call);
	if (!stock_moves_decide(&job->moves)) {
		take_misfit(job);
		return;
	}
	write_end_values(job, &values);
	if (buf_ok(&values))
		result = start_end(job, buf_text(&values));
	if (result != RESULT_OK)
		finish(job, result);
	buf_clear(&values);
}

static void on_stock(struct stock_moves *moves, enum result result)
{
	struct job *job = moves->context;

	if (result == RESULT_OK)
		decide(job);
	else
		finish(job, result);
}

static void give_back(struct job *job)
{
	const struct checkout *checkout = &job->stored->checkout;

	stock_moves_clear(&job->moves);
	job->moves.repo = job->repo;
	job->moves.await = job->await;
	job->moves.count = checkout->count;
	for (size_t i = 0; i < checkout->count; i++) {
		struct stock_line *move = &job->moves.lines[i];

		*move = (struct stock_line){
			.move = STOCK_RELEASE,
			.quantity = checkout->lines[i].quantity,
		};
		memcpy(move->product_id, checkout->lines[i].product_id, ID_SIZE);
	}
	stock_moves_read(&job->moves, on_stock, job);
}

/*
 * One whose time is over is not just called so: an order that was under way at that moment could
 * still be made of it. It is ended here and now, which only one of the two can do.
 */
static void judge_release(struct job *job)
{
	const struct checkout *checkout = &job->stored->checkout;
	char now[CLOCK_RFC3339_SIZE];

	checkout_repo_now(job->repo, now);
	job->end = CHECKOUT_RELEASED;
	job->refusal = CHECKOUT_FINE;
	if (checkout_is_over(checkout, now)) {
		job->end = CHECKOUT_EXPIRED;
		job->refusal = CHECKOUT_ENDED;
		give_back(job);
	} else if (is_open(job, true)) {
		give_back(job);
	}
}

void checkout_repo_release(struct repo *repo, const char *id, uint64_t expected_version,
			   struct checkout_answer *out, struct await *await)
{
	struct job *job = new_operation(repo, out, await);

	if (!job)
		return;
	job->expected_version = expected_version;
	job->judge = judge_release;
	start(job, id);
}

static void judge_expiry(struct job *job)
{
	const struct checkout *checkout = &job->stored->checkout;
	char now[CLOCK_RFC3339_SIZE];

	checkout_repo_now(job->repo, now);
	if (checkout->status == CHECKOUT_USED)
		refuse(job, CHECKOUT_IS_USED);
	else if (!checkout_is_over(checkout, now))
		refuse(job, CHECKOUT_ENDED);
	else
		give_back(job);
}

static void start_expiry(struct job *job, const char *id)
{
	job->end = CHECKOUT_EXPIRED;
	job->judge = judge_expiry;
	start(job, id);
}

void checkout_repo_expire(struct repo *repo, const char *id, struct checkout_answer *out,
			  struct await *await)
{
	struct job *job = new_operation(repo, out, await);

	if (job)
		start_expiry(job, id);
}

void checkout_repo_expire_within(struct repo *repo, const struct checkout_expiry *expiry,
				 struct await *await)
{
	struct job *job = new_job(repo, expiry->out, await);

	if (!job) {
		expiry->done(expiry->context, RESULT_NO_MEMORY);
		return;
	}
	job->done = expiry->done;
	job->context = expiry->context;
	start_expiry(job, expiry->id);
}
