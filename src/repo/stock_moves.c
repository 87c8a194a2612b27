#include "repo/stock_moves.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "repo/product_item.h"
#include "repo/stock_item.h"
#include "repo/stock_write.h"

struct stock_moves_made {
	struct stock_writes writes[STOCK_MOVES_MAX];
	size_t first[STOCK_MOVES_MAX]; /* index of the line's stock among all writes */
	struct outbox_event events[STOCK_MOVES_MAX];
	struct buf data[STOCK_MOVES_MAX]; /* of the events */
	size_t event_count;
	struct outbox_group group;
};

/* ------------------------------------------------------------------ reading */

static struct stock_line *find_line(struct stock_moves *moves, struct span key)
{
	if (key.len != 2 + ID_LEN || memcmp(key.data, "P#", 2) != 0)
		return NULL;
	for (size_t i = 0; i < moves->count; i++) {
		if (memcmp(moves->lines[i].product_id, key.data + 2, ID_LEN) == 0)
			return &moves->lines[i];
	}
	return NULL;
}

static enum result take_item(struct stock_moves *moves, const struct item *item)
{
	struct stock_line *line =
		find_line(moves, item_raw_string(item, moves->repo->db.partition_key));

	if (!line)
		return RESULT_OK;
	line->is_gone = false;
	return stock_item_read(item, &line->now) ? RESULT_OK : RESULT_GARBLED;
}

static enum result take_items(struct stock_moves *moves)
{
	enum result result = moves->call.result;
	struct json_walk walk;
	struct item item;

	json_walk_init(&walk, moves->call.items);
	while (result == RESULT_OK && item_view_next(&walk, &item))
		result = take_item(moves, &item);
	return result;
}

static void on_read(struct dynamodb_call *call)
{
	struct stock_moves *moves = call->context;
	enum result result = take_items(moves);

	dynamodb_call_clear(call);
	moves->done(moves, result);
}

void stock_moves_read(struct stock_moves *moves,
		      void (*done)(struct stock_moves *moves, enum result result), void *context)
{
	char pks[STOCK_MOVES_MAX][PRODUCT_KEY_SIZE];
	struct dynamodb_key keys[STOCK_MOVES_MAX];
	size_t count = 0;

	assert(moves->count <= STOCK_MOVES_MAX);
	for (size_t i = 0; i < moves->count; i++) {
		struct stock_line *line = &moves->lines[i];

		if (line->is_known)
			continue;
		line->is_known = true;
		line->is_gone = true; /* unless it is found */
		product_item_key("P#", line->product_id, pks[count]);
		keys[count] = (struct dynamodb_key){pks[count], "STOCK"};
		count++;
	}
	moves->done = done;
	moves->context = context;
	if (count == 0) {
		done(moves, RESULT_OK);
		return;
	}
	moves->call = (struct dynamodb_call){
		.await = moves->await,
		.done = on_read,
		.context = moves,
	};
	dynamodb_batch_get(&moves->repo->db, &moves->call, keys, count, true);
}

/* ------------------------------------------------------------------ deciding */

bool stock_moves_decide(struct stock_moves *moves)
{
	bool is_fine = true;

	for (size_t i = 0; i < moves->count; i++) {
		struct stock_line *line = &moves->lines[i];

		assert(line->is_known && line->quantity >= 1);
		if (!line->is_gone)
			line->verdict = stock_move(&line->now, line->move, line->quantity).verdict;
		else
			line->verdict = line->move == STOCK_HOLD ? STOCK_INSUFFICIENT : STOCK_FINE;
		is_fine &= line->verdict == STOCK_FINE;
	}
	return is_fine;
}

/* ------------------------------------------------------------------ writing */

static const char *reason_of(enum stock_move move)
{
	return move == STOCK_GIVE_BACK ? "returned" : "shipped";
}

static bool make_line(struct stock_moves *moves, size_t index)
{
	const struct stock_line *line = &moves->lines[index];
	struct stock_moves_made *made = moves->made;
	struct stock_decision decision = stock_move(&line->now, line->move, line->quantity);
	const struct stock_change change = {
		.product_id = line->product_id,
		.before = line->now,
		.after = decision.after,
		.range = &decision.range,
		.reason = reason_of(line->move),
		.reference = moves->reference,
		.is_told_elsewhere = true,
	};
	struct buf *data = &made->data[made->event_count];

	buf_init(data, STOCK_ITEM_MAX);
	if (stock_change_event(moves->repo, &change, data, &made->events[made->event_count]))
		made->event_count++;
	return stock_writes_make(moves->repo, &change, &made->writes[index]) && buf_ok(data);
}

static enum result make_group(struct stock_moves *moves, struct dynamodb_write *writes, size_t room,
			      size_t *count)
{
	struct stock_moves_made *made = moves->made;
	size_t most = room - *count;

	if (made->event_count == 0)
		return RESULT_OK;
	if (most == 0)
		return RESULT_TOO_LARGE;
	if (most > OUTBOX_GROUP_MAX)
		most = OUTBOX_GROUP_MAX;
	if (!outbox_group_make(made->events, made->event_count, moves->repo->write_shards, most,
			       &made->group))
		return RESULT_NO_MEMORY;
	outbox_group_write(&made->group, writes + *count);
	*count += made->group.count;
	return RESULT_OK;
}

static void forget(struct stock_moves_made *made)
{
	for (size_t i = 0; i < STOCK_MOVES_MAX; i++) {
		stock_writes_clear(&made->writes[i]);
		buf_clear(&made->data[i]);
	}
	outbox_group_clear(&made->group);
	made->event_count = 0;
}

enum result stock_moves_make(struct stock_moves *moves, struct dynamodb_write *writes, size_t room,
			     size_t *count)
{
	size_t made_count = 0;

	if (!moves->made)
		moves->made = arena_alloc(moves->await->arena, sizeof(*moves->made));
	if (!moves->made)
		return RESULT_NO_MEMORY;
	forget(moves->made);
	for (size_t i = 0; i < moves->count; i++) {
		const struct stock_writes *one = &moves->made->writes[i];

		moves->made->first[i] = made_count;
		if (moves->lines[i].is_gone)
			continue;
		if (!make_line(moves, i))
			return RESULT_NO_MEMORY;
		if (made_count + one->count > room)
			return RESULT_TOO_LARGE;
		memcpy(writes + made_count, one->write, one->count * sizeof(*writes));
		made_count += one->count;
	}
	*count = made_count;
	return make_group(moves, writes, room, count);
}

enum result stock_moves_take(struct stock_moves *moves, const struct dynamodb_reason *reasons)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < moves->count; i++) {
		struct stock_line *line = &moves->lines[i];
		const struct dynamodb_reason *reason = &reasons[moves->made->first[i]];
		struct item item;

		if (line->is_gone || !reason->is_condition)
			continue;
		line->is_gone = !reason->item.data;
		if (!line->is_gone &&
		    (!item_view(&item, reason->item) || !stock_item_read(&item, &line->now)))
			return RESULT_GARBLED;
		result = RESULT_CONFLICT;
	}
	return result;
}

void stock_moves_clear(struct stock_moves *moves)
{
	if (moves->made)
		forget(moves->made);
}
