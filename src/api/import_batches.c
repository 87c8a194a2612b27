#include "api/import_batches.h"

#include <string.h>

#include "api/import_result.h"
#include "http/stream.h"
#include "repo/repo.h"

enum { RESULTS_MAX = 4 * 1024 * 1024 /* bytes, of a batch: 33 lines with 50 mistakes each */ };

/* ---- life ---- */

static void begin_batch(struct import_batches *batches, struct import_batch *batch)
{
	batch->batches = batches;
	batch->is_writing = false;
	batch->is_over = false;
	batch->line_count = 0;
	batch->entry_count = 0;
	batch->bytes = 0;
	buf_reset(&batch->texts);
	arena_reset(&batch->arena);
}

void import_batches_init(struct import_batches *batches, struct request *rq)
{
	batches->rq = rq;
	buf_init(&batches->result, RESULTS_MAX);
	spool_init(&batches->spool, rq->config->temporary_folder);
	for (size_t i = 0; i < IMPORT_BATCHES; i++) {
		buf_init(&batches->ring[i].texts, RESULTS_MAX);
		begin_batch(batches, &batches->ring[i]);
	}
}

static void forget_entries(struct import_batch *batch)
{
	for (size_t i = 0; i < batch->entry_count; i++)
		json_decref(batch->entries[i].product);
	batch->entry_count = 0;
}

void import_batches_clear(struct import_batches *batches)
{
	for (size_t i = 0; i < IMPORT_BATCHES; i++) {
		forget_entries(&batches->ring[i]);
		buf_clear(&batches->ring[i].texts);
		arena_clear(&batches->ring[i].arena);
	}
	buf_clear(&batches->result);
	spool_clear(&batches->spool);
}

/* ---- what there is ---- */

bool import_batches_ok(const struct import_batches *batches)
{
	return spool_ok(&batches->spool);
}

bool import_batches_have_room(const struct import_batches *batches)
{
	const struct import_batch *newest = &batches->ring[batches->newest];

	return !newest->is_writing && !newest->is_over;
}

/* The one that is filled, or NULL. */
static struct import_batch *filling(struct import_batches *batches)
{
	return import_batches_have_room(batches) ? &batches->ring[batches->newest] : NULL;
}

struct arena *import_batches_arena(struct import_batches *batches)
{
	return &batches->ring[batches->newest].arena;
}

bool import_batches_are_idle(const struct import_batches *batches)
{
	for (size_t i = 0; i < IMPORT_BATCHES; i++)
		if (batches->ring[i].is_writing)
			return false;
	return true;
}

static bool has_id(const struct import_batch *batch, const char *id)
{
	for (size_t i = 0; i < batch->entry_count; i++)
		if (strcmp(batch->entries[i].id, id) == 0)
			return true;
	return false;
}

/* ---- telling ---- */

/* A failure is remembered by the spool. */
static void tell(struct import_batches *batches, const struct import_batch *batch)
{
	struct buf *out = &batches->result;
	size_t entry = 0;

	for (size_t i = 0; i < batch->line_count; i++) {
		const struct import_line *line = &batch->lines[i];

		if (line->is_entry)
			import_result_add_entry(out, line->number, &batch->entries[entry++]);
		else
			buf_add(out, buf_text(&batch->texts) + line->text_begin, line->text_len);
	}
	if (buf_ok(out) && buf_ok(&batch->texts))
		spool_add(&batches->spool, buf_text(out), out->len);
	else
		batches->spool.failed = true;
	buf_reset(out);
}

/* Tells of those that are over, the oldest first, and finds another one to fill. */
static void turn(struct import_batches *batches)
{
	while (batches->ring[batches->oldest].is_over) {
		struct import_batch *batch = &batches->ring[batches->oldest];

		tell(batches, batch);
		forget_entries(batch);
		begin_batch(batches, batch);
		if (batches->oldest == batches->newest)
			break;
		batches->oldest = (batches->oldest + 1) % IMPORT_BATCHES;
	}
	if (!filling(batches) && (batches->newest + 1) % IMPORT_BATCHES != batches->oldest)
		batches->newest = (batches->newest + 1) % IMPORT_BATCHES;
}

/* ---- writing ---- */

static void on_written(struct await *await)
{
	struct import_batch *batch = await->context;
	struct import_batches *batches = batch->batches;
	struct request *rq = batches->rq;
	struct usage *usage = &rq->await.usage;

	usage->read_millis += await->usage.read_millis;
	usage->write_millis += await->usage.write_millis;
	usage->calls += await->usage.calls;
	batch->is_writing = false;
	batch->is_over = true;
	if (!stream_is_gone(rq)) {
		turn(batches);
		batches->turned(batches);
	}
	stream_release(rq);
}

/* May be over before it returns. */
static void write_batch(struct import_batches *batches, struct import_batch *batch)
{
	struct request *rq = batches->rq;

	if (batch->entry_count == 0) {
		batch->is_over = true;
		turn(batches);
		return;
	}
	batch->is_writing = true;
	batch->await = (struct await){
		.deadline_us =
			clock_monotonic_us(rq->repo->clock) + rq->config->request_deadline_us,
		.arena = &batch->arena,
		.trace_id = rq->await.trace_id,
		.by = rq->await.by,
		.resume = on_written,
		.context = batch,
	};
	turn(batches);
	stream_hold(rq);
	product_import_run(rq->repo, batch->entries, batch->entry_count, &batch->await);
}

bool import_batches_write(struct import_batches *batches)
{
	struct import_batch *batch = filling(batches);

	if (!batch || batch->line_count == 0)
		return false;
	write_batch(batches, batch);
	return true;
}

bool import_batches_meet(struct import_batches *batches, const char *id)
{
	struct import_batch *batch = filling(batches);

	if (batch && has_id(batch, id))
		write_batch(batches, batch);
	for (size_t i = 0; i < IMPORT_BATCHES; i++)
		if (batches->ring[i].is_writing && has_id(&batches->ring[i], id))
			return true;
	return false;
}

/* ---- filling ---- */

static struct import_line *add_line(struct import_batch *batch, uint64_t number)
{
	struct import_line *line = &batch->lines[batch->line_count++];

	*line = (struct import_line){.number = number};
	return line;
}

static void write_if_full(struct import_batches *batches, struct import_batch *batch)
{
	if (batch->line_count == PRODUCT_IMPORT_MAX || batch->bytes >= IMPORT_BATCH_BYTES)
		write_batch(batches, batch);
}

void import_batches_add(struct import_batches *batches, uint64_t line,
			const struct product_entry *entry, size_t bytes)
{
	struct import_batch *batch = filling(batches);

	add_line(batch, line)->is_entry = true;
	batch->entries[batch->entry_count++] = *entry;
	batch->bytes += bytes;
	write_if_full(batches, batch);
}

void import_batches_add_text(struct import_batches *batches, uint64_t line, const struct buf *text)
{
	struct import_batch *batch = filling(batches);
	struct import_line *added = add_line(batch, line);

	added->text_begin = batch->texts.len;
	buf_add(&batch->texts, buf_text(text), text->len);
	added->text_len = batch->texts.len - added->text_begin;
	if (!buf_ok(text))
		batch->texts.failed = true;
	write_if_full(batches, batch);
}
