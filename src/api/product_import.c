/*
 * A batch is filled line by line, written, and told of. Batches are a ring: several may be under way,
 * and the results of the oldest are told first. A line whose id is in a batch that is not over waits
 * (it is `held`), and all that is behind it; so does everybody when all batches are under way.
 */
#include "api/product_import.h"

#include <string.h>
#include <strings.h>

#include "base/json_exact.h"
#include "base/log.h"
#include "base/spool.h"
#include "domain/product.h"
#include "http/reply.h"
#include "http/stream.h"
#include "repo/product_import.h"

enum {
	BATCHES = 4,
	BATCH_BYTES =
		256 * 1024, /* of lines: so much may be in memory for each batch, times some */
	RESULTS_MAX = 4 * 1024 * 1024, /* bytes, of a batch: 33 lines with 50 mistakes each */
};

/* What came of a line that is not written. */
struct line_problem {
	int status;
	const char *code;
	const char *detail;
};

static const struct line_problem too_long = {413, "line-too-large", NULL};
static const struct line_problem bad_id = {
	422, "invalid-id", "An id must be a UUID in lower case; leave it out to get a new one."};
static const struct line_problem not_written = {503, "unavailable",
						"It was not written. Send the line again."};
static const struct line_problem unknown = {
	503, "outcome-unknown",
	"It may or may not have been written. With an id the line can be sent again."};
static const struct line_problem stopping = {503, "shutting-down",
					     "It was not written. Send the line again."};

struct import_line {
	uint64_t number;
	bool is_entry;        /* else its result is in the batch's `problems` */
	size_t problem_begin; /* of its text in there */
	size_t problem_len;
};

struct batch {
	struct import_state *import;
	bool is_writing;
	bool is_over; /* to be told of when it is the oldest */
	size_t line_count;
	size_t entry_count;
	size_t bytes; /* of the lines that its entries were */
	struct import_line lines[PRODUCT_IMPORT_MAX];
	struct product_entry entries[PRODUCT_IMPORT_MAX];
	struct buf problems;
	struct arena arena;
	struct await await;
};

struct import_state {
	struct request *rq;
	struct buf line;        /* what is there of the line that is read */
	bool is_line_too_large; /* the rest of it is dropped */
	struct product_entry held;
	bool is_holding;
	size_t held_bytes;
	size_t oldest; /* of the ring of batches; the one that is filled is the newest */
	size_t newest;
	struct batch batches[BATCHES];
	struct buf result; /* of one line */
	struct spool spool;
	uint64_t given; /* of the spool */
};

/* ---- opening ---- */

static bool is_lines_type(const char *type)
{
	static const char *const types[] = {"application/x-ndjson", "application/json-lines",
					    "application/jsonl"};
	size_t len = type ? strcspn(type, "; \t") : 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (len == strlen(types[i]) && strncasecmp(type, types[i], len) == 0)
			return true;
	return false;
}

static void begin_batch(struct import_state *st, struct batch *batch)
{
	batch->import = st;
	batch->is_writing = false;
	batch->is_over = false;
	batch->line_count = 0;
	batch->entry_count = 0;
	batch->bytes = 0;
	buf_reset(&batch->problems);
	arena_reset(&batch->arena);
}

static enum flow open_import(struct request *rq)
{
	struct import_state *st = rq->state;
	const char *encoding = request_header(rq, "Content-Encoding");

	st->rq = rq;
	buf_init(&st->line, rq->config->max_body);
	buf_init(&st->result, RESULTS_MAX);
	spool_init(&st->spool, rq->config->temporary_folder);
	for (size_t i = 0; i < BATCHES; i++) {
		buf_init(&st->batches[i].problems, RESULTS_MAX);
		begin_batch(st, &st->batches[i]);
	}
	if (request_header(rq, "Idempotency-Key"))
		return reply_problem(rq, "invalid-header",
				     "An import takes no Idempotency-Key: give each line an `id`, "
				     "and it can be sent again.");
	if (!is_lines_type(request_header(rq, "Content-Type")))
		return reply_problem(rq, "unsupported-media-type",
				     "Send a product on each line, with "
				     "`Content-Type: application/x-ndjson`.");
	if (encoding && strcasecmp(encoding, "identity") != 0)
		return reply_problem(rq, "unsupported-media-type",
				     "Send the body as it is, without Content-Encoding.");
	return FLOW_NEXT;
}

static void forget_entries(struct batch *batch)
{
	for (size_t i = 0; i < batch->entry_count; i++)
		json_decref(batch->entries[i].product);
	batch->entry_count = 0;
}

static void end_import(struct request *rq)
{
	struct import_state *st = rq->state;

	for (size_t i = 0; i < BATCHES; i++) {
		forget_entries(&st->batches[i]);
		buf_clear(&st->batches[i].problems);
		arena_clear(&st->batches[i].arena);
	}
	if (st->is_holding)
		json_decref(st->held.product);
	buf_clear(&st->line);
	buf_clear(&st->result);
	spool_clear(&st->spool);
}

/* ---- results ---- */

static void begin_result(struct buf *out, uint64_t number, int status)
{
	buf_add_str(out, "{\"line\":");
	buf_add_u64(out, number);
	buf_add_str(out, ",\"status\":");
	buf_add_u64(out, (uint64_t)status);
}

static void write_problem(struct buf *out, uint64_t number, const struct line_problem *problem)
{
	begin_result(out, number, problem->status);
	buf_add_str(out, ",\"code\":\"");
	buf_add_str(out, problem->code);
	buf_add_str(out, "\",\"detail\":\"");
	buf_add_escaped(out, problem->detail, strlen(problem->detail), SIZE_MAX);
	buf_add_str(out, "\"}\n");
}

static void write_too_large(struct buf *out, uint64_t number)
{
	begin_result(out, number, 422);
	buf_add_format(out,
		       ",\"code\":\"validation-failed\",\"errors\":[{\"field\":\"\","
		       "\"code\":\"too-large\",\"detail\":\"The whole product has at most %d "
		       "bytes.\"}]}\n",
		       PRODUCT_SIZE_MAX);
}

static void write_entry(struct buf *out, uint64_t number, const struct product_entry *entry)
{
	if (entry->result == RESULT_TOO_LARGE) {
		write_too_large(out, number);
	} else if (entry->result == RESULT_UNKNOWN) {
		write_problem(out, number, &unknown);
	} else if (entry->result != RESULT_OK) {
		write_problem(out, number, &not_written);
	} else {
		begin_result(out, number, entry->is_new ? 201 : 200);
		buf_add_str(out, ",\"id\":\"");
		buf_add_str(out, entry->id);
		buf_add_str(out, "\"}\n");
	}
}

/* A failure is remembered by the spool, which ends the import. */
static void tell(struct import_state *st)
{
	if (buf_ok(&st->result))
		spool_add(&st->spool, buf_text(&st->result), st->result.len);
	else
		st->spool.failed = true;
	buf_reset(&st->result);
}

static void tell_of_batch(struct import_state *st, struct batch *batch)
{
	size_t entry = 0;

	for (size_t i = 0; i < batch->line_count; i++) {
		const struct import_line *line = &batch->lines[i];

		if (line->is_entry)
			write_entry(&st->result, line->number, &batch->entries[entry++]);
		else
			buf_add(&st->result, buf_text(&batch->problems) + line->problem_begin,
				line->problem_len);
	}
	if (!buf_ok(&batch->problems))
		st->spool.failed = true;
	tell(st);
}

/* ---- batches ---- */

static struct batch *filling(struct import_state *st)
{
	struct batch *newest = &st->batches[st->newest];

	return newest->is_writing || newest->is_over ? NULL : newest;
}

static bool is_anything_under_way(const struct import_state *st)
{
	for (size_t i = 0; i < BATCHES; i++)
		if (st->batches[i].is_writing)
			return true;
	return false;
}

/* Tells of those that are over, the oldest first, and makes one of them the one that is filled. */
static void turn_ring(struct import_state *st)
{
	while (st->batches[st->oldest].is_over) {
		struct batch *batch = &st->batches[st->oldest];

		tell_of_batch(st, batch);
		forget_entries(batch);
		begin_batch(st, batch);
		if (st->oldest == st->newest)
			break;
		st->oldest = (st->oldest + 1) % BATCHES;
	}
	if (!filling(st) && (st->newest + 1) % BATCHES != st->oldest)
		st->newest = (st->newest + 1) % BATCHES;
}

static void go_on(struct import_state *st);

static void on_written(struct await *await)
{
	struct batch *batch = await->context;
	struct import_state *st = batch->import;
	struct request *rq = st->rq;
	struct usage *usage = &rq->await.usage;

	usage->read_millis += await->usage.read_millis;
	usage->write_millis += await->usage.write_millis;
	usage->calls += await->usage.calls;
	batch->is_writing = false;
	batch->is_over = true;
	if (!stream_is_gone(rq))
		go_on(st);
	stream_release(rq);
}

/* May be over before it returns. */
static void write_batch(struct import_state *st, struct batch *batch)
{
	struct request *rq = st->rq;

	if (batch->entry_count == 0) {
		batch->is_over = true;
		turn_ring(st);
		return;
	}
	batch->is_writing = true;
	batch->await = (struct await){
		.deadline_us =
			clock_monotonic_us(rq->repo->clock) + rq->config->request_deadline_us,
		.arena = &batch->arena,
		.trace_id = rq->await.trace_id,
		.resume = on_written,
		.context = batch,
	};
	turn_ring(st);
	stream_hold(rq);
	product_import_run(rq->repo, batch->entries, batch->entry_count, &batch->await);
}

static bool has_id(const struct batch *batch, const char *id)
{
	for (size_t i = 0; i < batch->entry_count; i++)
		if (strcmp(batch->entries[i].id, id) == 0)
			return true;
	return false;
}

static bool is_under_way(const struct import_state *st, const char *id)
{
	for (size_t i = 0; i < BATCHES; i++)
		if (st->batches[i].is_writing && has_id(&st->batches[i], id))
			return true;
	return false;
}

/* ---- lines ---- */

static struct import_line *add_line(struct import_state *st, struct batch *batch)
{
	struct import_line *line = &batch->lines[batch->line_count++];

	*line = (struct import_line){.number = st->rq->lines};
	return line;
}

static void write_if_full(struct import_state *st, struct batch *batch)
{
	if (batch->line_count == PRODUCT_IMPORT_MAX || batch->bytes >= BATCH_BYTES)
		write_batch(st, batch);
}

/* The line's result is what was added to the batch's `problems` behind `begin`. */
static void end_problem(struct import_state *st, size_t begin)
{
	struct batch *batch = filling(st);
	struct import_line *line = add_line(st, batch);

	line->problem_begin = begin;
	line->problem_len = batch->problems.len - begin;
	write_if_full(st, batch);
}

static void add_problem(struct import_state *st, const struct line_problem *problem)
{
	struct buf *out = &filling(st)->problems;
	size_t begin = out->len;

	write_problem(out, st->rq->lines, problem);
	end_problem(st, begin);
}

static void add_mistakes(struct import_state *st, const struct validation *validation)
{
	struct buf *out = &filling(st)->problems;
	size_t begin = out->len;

	if (validation->has_failed || validation->count == 0) {
		add_problem(st, &not_written); /* out of memory */
		return;
	}
	begin_result(out, st->rq->lines, 422);
	buf_add_str(out, ",\"code\":\"validation-failed\",");
	validation_write(validation, out);
	buf_add_str(out, "}\n");
	end_problem(st, begin);
}

static void add_bad_json(struct import_state *st, const struct json_mistake *mistake)
{
	enum { DETAIL_SIZE = 256 };
	char detail[DETAIL_SIZE];
	const struct line_problem problem = {400, "invalid-json", detail};

	if (mistake->line == 0) {
		add_problem(st, &not_written); /* out of memory */
		return;
	}
	snprintf(detail, sizeof(detail), "Column %zu: %s.", mistake->column, mistake->text);
	add_problem(st, &problem);
}

static void add_too_long(struct import_state *st)
{
	enum { DETAIL_SIZE = 100 };
	char detail[DETAIL_SIZE];
	struct line_problem problem = too_long;

	snprintf(detail, sizeof(detail), "A line may have up to %zu bytes.", st->line.max);
	problem.detail = detail;
	add_problem(st, &problem);
}

/*
 * Puts the held line into a batch, if that can be. When its id is in the batch that is filled, that
 * one is written first, and it waits for it.
 */
static void place_held(struct import_state *st)
{
	struct batch *batch = filling(st);

	if (batch && st->held.has_id && has_id(batch, st->held.id)) {
		write_batch(st, batch);
		batch = filling(st);
	}
	/* That may have been over at once, and the line been placed by go_on. */
	if (!st->is_holding || !batch || (st->held.has_id && is_under_way(st, st->held.id)))
		return;
	st->is_holding = false;
	add_line(st, batch)->is_entry = true;
	batch->entries[batch->entry_count++] = st->held;
	batch->bytes += st->held_bytes;
	write_if_full(st, batch);
}

static void take_product(struct import_state *st, const json_t *body)
{
	const struct product_input input = {FIELD_CREATE, body, st->rq->config->currency};
	const json_t *id = json_object_get(body, "id");
	struct validation validation;

	validation_init(&validation, &filling(st)->arena);
	if (id && !json_is_null(id) &&
	    (!json_exact_is_string(id) || !id_is_valid(json_string_value(id)))) {
		add_problem(st, &bad_id);
		return;
	}
	st->held = (struct product_entry){.has_id = id && !json_is_null(id)};
	if (st->held.has_id)
		memcpy(st->held.id, json_string_value(id), ID_SIZE);
	st->held.product = product_apply(&input, NULL, &validation);
	if (!st->held.product) {
		add_mistakes(st, &validation);
		return;
	}
	st->held.opening = product_opening(body);
	st->held_bytes = st->line.len;
	st->is_holding = true;
	place_held(st);
}

static bool is_blank(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr(" \t\r", text.data[i]) || text.data[i] == '\0')
			return false;
	return true;
}

static void take_line(struct import_state *st)
{
	const struct span text = {buf_text(&st->line), st->line.len};
	struct json_mistake mistake = {0};
	json_t *body;

	st->rq->lines++;
	if (st->is_line_too_large) {
		add_too_long(st);
	} else if (!is_blank(text) && stream_is_stopping(st->rq)) {
		add_problem(st, &stopping);
	} else if (!is_blank(text)) {
		body = json_exact_parse(text, &mistake);
		if (body)
			take_product(st, body);
		else
			add_bad_json(st, &mistake);
		json_decref(body);
	}
	st->is_line_too_large = false;
	buf_reset(&st->line);
}

static void add_to_line(struct import_state *st, const char *bytes, size_t len)
{
	if (st->is_line_too_large || len > st->line.max - st->line.len) {
		st->is_line_too_large = true;
		buf_reset(&st->line);
		return;
	}
	buf_add(&st->line, bytes, len);
	if (!buf_ok(&st->line))
		st->spool.failed = true; /* out of memory: what follows cannot be told from it */
}

/* ---- the body ---- */

static bool has_room(struct import_state *st)
{
	return spool_ok(&st->spool) && !st->is_holding && filling(st);
}

static void reply_broken(struct request *rq)
{
	reply_problem(rq, "unavailable",
		      "The results cannot be kept: the server's temporary folder is full, or its "
		      "memory. Some lines were written. Send them again, with ids.");
}

static size_t take_bytes(struct request *rq, const char *bytes, size_t len)
{
	struct import_state *st = rq->state;
	size_t taken = 0;

	while (taken < len && has_room(st)) {
		const char *end = memchr(bytes + taken, '\n', len - taken);
		size_t now = end ? (size_t)(end - bytes) - taken : len - taken;

		add_to_line(st, bytes + taken, now);
		taken += now;
		if (end) {
			taken++;
			take_line(st);
		}
	}
	if (!spool_ok(&st->spool) && !is_anything_under_way(st))
		reply_broken(rq);
	return taken;
}

/* ---- the end of the body ---- */

/* A last line without a line break. */
static void take_last_line(struct import_state *st)
{
	if ((st->line.len > 0 || st->is_line_too_large) && has_room(st))
		take_line(st);
}

/*
 * Writes the last batch, full or not, once everything has found its place in it. True when nothing
 * is left to be done.
 */
static bool write_rest(struct import_state *st)
{
	struct batch *batch;

	take_last_line(st);
	batch = filling(st);
	while (has_room(st) && batch->line_count > 0) {
		write_batch(st, batch);
		take_last_line(st);
		batch = filling(st);
	}
	return !is_anything_under_way(st);
}

/* A batch is over. */
static void go_on(struct import_state *st)
{
	struct request *rq = st->rq;

	turn_ring(st);
	if (st->is_holding && spool_ok(&st->spool))
		place_held(st);
	if (rq->await.is_pending) {
		/* It may have been finished by a batch that was over at once. */
		if (write_rest(st) && rq->await.is_pending)
			await_finish(&rq->await, RESULT_OK);
	} else if (has_room(st) || !spool_ok(&st->spool)) {
		stream_continue(rq);
	}
}

static enum flow finish_batches(struct request *rq)
{
	struct import_state *st = rq->state;

	if (write_rest(st))
		return FLOW_NEXT;
	await_start(&rq->await);
	return FLOW_WAIT;
}

static long give_results(struct request *rq, char *out, size_t room)
{
	struct import_state *st = rq->state;
	size_t len = spool_read(&st->spool, st->given, out, room);

	st->given += len;
	if (len > 0)
		return (long)len;
	return st->given == spool_len(&st->spool) ? STREAM_END : STREAM_BROKEN;
}

static enum flow answer_results(struct request *rq)
{
	struct import_state *st = rq->state;

	if (spool_ok(&st->spool))
		return reply_stream(rq, 200, "application/x-ndjson", give_results);
	reply_broken(rq);
	return FLOW_REPLY;
}

static const struct streaming import_stream = {.open = open_import,
					       .take = take_bytes,
					       .end = end_import};

const struct endpoint post_product_import = {
	.state_size = sizeof(struct import_state),
	.steps = STEPS(finish_batches, answer_results),
	.stream = &import_stream,
};
