#include "repo/stock_repo.h"

#include "repo/product_item.h"
#include "repo/repo_write.h"
#include "repo/stock_item.h"
#include "repo/stock_write.h"

/* Reading is half of a change too, so both begin with the call. */
struct reading {
	struct repo *repo;
	const char *product_id;
	struct await *await;
	struct dynamodb_call call;
};

static void read_stock(struct reading *reading, void (*done)(struct dynamodb_call *call),
		       void *context)
{
	char pk[PRODUCT_KEY_SIZE];

	product_item_key("P#", reading->product_id, pk);
	reading->call = (struct dynamodb_call){
		.await = reading->await,
		.done = done,
		.context = context,
	};
	dynamodb_get(&reading->repo->db, &reading->call, (struct dynamodb_key){pk, "STOCK"}, true);
}

static enum result take_stock(struct span text, struct stock *out)
{
	struct item item;

	return item_view(&item, text) && stock_item_read(&item, out) ? RESULT_OK : RESULT_GARBLED;
}

static enum result take_read(const struct dynamodb_call *call, struct stock *out)
{
	return call->result == RESULT_OK ? take_stock(call->item, out) : call->result;
}

/* ------------------------------------------------------------------ finding */

struct find {
	struct reading reading;
	struct stock *out;
};

static void on_found(struct dynamodb_call *call)
{
	struct find *find = call->context;
	struct await *await = find->reading.await;
	enum result result = take_read(call, find->out);

	dynamodb_call_clear(call);
	await_finish(await, result);
}

void stock_repo_find(struct repo *repo, const char *product_id, struct stock *out,
		     struct await *await)
{
	struct find *find = repo_begin(await, sizeof(*find), product_id, RESULT_NOT_FOUND);

	if (!find)
		return;
	find->reading = (struct reading){.repo = repo, .product_id = product_id, .await = await};
	find->out = out;
	read_stock(&find->reading, on_found, find);
}

/* ------------------------------------------------------------------ changing */

struct run {
	struct reading reading;
	struct stock_outcome *out;
	const struct stock_adjustment *adjustment; /* either this */
	struct stock_recount recount;              /* or this */
	unsigned tries;
	struct stock now;
	bool is_on_range; /* what there is afterwards is not known beforehand */
};

static void finish(struct run *run, enum result result)
{
	struct await *await = run->reading.await;

	dynamodb_call_clear(&run->reading.call);
	await_finish(await, result);
}

static struct stock_decision decide(const struct run *run)
{
	return run->adjustment ? stock_adjust(&run->now, run->adjustment->delta)
			       : stock_recount(&run->now, &run->recount.count);
}

static bool is_expected(const struct run *run)
{
	uint64_t expected = run->adjustment ? 0 : run->recount.expected_version;

	return expected == 0 || expected == run->now.version;
}

/*
 * It is done; when it cannot be read, only the answer is unknown. When the product has been removed
 * since, there is nothing to read any more: the answer is then what was decided.
 */
static void on_read_afterwards(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct stock_outcome made = {STOCK_FINE, {0}};
	enum result result = take_read(call, &made.stock);

	if (result == RESULT_OK)
		*run->out = made;
	finish(run, result == RESULT_OK || result == RESULT_NOT_FOUND ? RESULT_OK : RESULT_UNKNOWN);
}

static void change(struct run *run);

/* The reasons come in the order of the writes, and the stock's is the only condition. */
static enum result take_failed(const struct dynamodb_call *call, struct stock *now)
{
	if (call->failed_count == 0 || !call->reasons[0].is_condition)
		return RESULT_GARBLED;
	if (!call->reasons[0].item.data)
		return RESULT_NOT_FOUND;
	return take_stock(call->reasons[0].item, now);
}

/* What failed tells what there is now. */
static void decide_again(struct run *run)
{
	enum result result = take_failed(&run->reading.call, &run->now);

	if (result == RESULT_OK)
		change(run);
	else
		finish(run, result);
}

static void on_written(struct dynamodb_call *call)
{
	struct run *run = call->context;

	if (call->result == RESULT_CONFLICT) {
		decide_again(run);
	} else if (call->result == RESULT_OK && run->is_on_range) {
		dynamodb_call_clear(call);
		read_stock(&run->reading, on_read_afterwards, run);
	} else {
		finish(run, call->result);
	}
}

/* The answer first: with an Idempotency-Key it is kept by the write itself. */
static void write_change(struct run *run, const struct stock_decision *decision)
{
	struct stock_writes writes = {0};
	struct reading *reading = &run->reading;
	enum result result = RESULT_NO_MEMORY;
	struct stock_change stock_change = {
		.product_id = reading->product_id,
		.before = run->now,
		.after = decision->after,
		.reason = run->adjustment ? run->adjustment->reason : "count",
		.reference = run->adjustment ? run->adjustment->reference : NULL,
		.by = await_by(reading->await),
	};

	run->is_on_range = run->adjustment && run->now.level == decision->after.level &&
			   repo_write_is_alone(reading->await);
	if (run->is_on_range)
		stock_change.range = &decision->range;
	*run->out = (struct stock_outcome){STOCK_FINE, decision->after};
	reading->call = (struct dynamodb_call){
		.await = reading->await,
		.done = on_written,
		.context = run,
	};
	if (stock_writes_make(reading->repo, &stock_change, &writes))
		result = repo_write(reading->repo, &reading->call, writes.write, writes.count);
	if (result != RESULT_OK)
		finish(run, result);
	stock_writes_clear(&writes);
}

/* Decides by what is known now, perhaps not for the first time. */
static void change(struct run *run)
{
	struct stock_decision decision = decide(run);

	dynamodb_call_clear(&run->reading.call);
	if (decision.verdict == STOCK_FINE && decision.after.version == run->now.version) {
		*run->out = (struct stock_outcome){STOCK_FINE, run->now};
		finish(run, RESULT_OK);
	} else if (!is_expected(run)) {
		finish(run, RESULT_CONFLICT);
	} else if (decision.verdict != STOCK_FINE) {
		*run->out = (struct stock_outcome){decision.verdict, run->now};
		finish(run, RESULT_INVALID);
	} else if (run->tries++ == STOCK_REPO_TRIES) {
		finish(run, RESULT_THROTTLED);
	} else {
		write_change(run, &decision);
	}
}

static void on_read(struct dynamodb_call *call)
{
	struct run *run = call->context;
	enum result result = take_read(call, &run->now);

	if (result == RESULT_OK)
		change(run);
	else
		finish(run, result);
}

static void start(const struct run *wanted)
{
	const struct reading *reading = &wanted->reading;
	struct run *run =
		repo_begin(reading->await, sizeof(*run), reading->product_id, RESULT_NOT_FOUND);

	if (!run)
		return;
	*run = *wanted;
	read_stock(&run->reading, on_read, run);
}

void stock_repo_adjust(struct repo *repo, const char *product_id,
		       const struct stock_adjustment *adjustment, struct stock_outcome *out,
		       struct await *await)
{
	start(&(struct run){
		.reading = {.repo = repo, .product_id = product_id, .await = await},
		.adjustment = adjustment,
		.out = out,
	});
}

void stock_repo_recount(struct repo *repo, const struct stock_recount *recount,
			struct stock_outcome *out, struct await *await)
{
	start(&(struct run){
		.reading = {.repo = repo, .product_id = recount->product_id, .await = await},
		.recount = *recount,
		.out = out,
	});
}
