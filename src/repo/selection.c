#include "repo/selection.h"

#include <assert.h>
#include <string.h>

enum {
	POSITION_MAX = 2048,
	TEXT_MAX = 1024 * 1024, /* no item is larger */
};

void selection_init(struct selection *selection, selection_order order, size_t limit,
		    struct span after)
{
	assert(limit >= 1 && limit <= SELECTION_MAX);
	selection->order = order;
	selection->limit = limit;
	selection->after = after;
	for (size_t i = 0; i < limit; i++) {
		buf_init(&selection->slots[i].position, POSITION_MAX);
		buf_init(&selection->slots[i].text, TEXT_MAX);
	}
}

void selection_clear(struct selection *selection)
{
	for (size_t i = 0; i < selection->limit; i++) {
		buf_clear(&selection->slots[i].position);
		buf_clear(&selection->slots[i].text);
	}
}

struct span selection_position(const struct selection *selection, size_t index)
{
	const struct buf *position = &selection->entries[index]->position;

	return (struct span){buf_text(position), position->len};
}

struct span selection_text(const struct selection *selection, size_t index)
{
	const struct buf *text = &selection->entries[index]->text;

	return (struct span){buf_text(text), text->len};
}

bool selection_is_beyond(const struct selection *selection, struct span position)
{
	return selection->count == selection->limit &&
	       selection->order(selection_position(selection, selection->count - 1), position) <= 0;
}

/* How many of the entries come before the position. */
static size_t find_place(const struct selection *selection, struct span position)
{
	size_t low = 0;
	size_t high = selection->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (selection->order(selection_position(selection, middle), position) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The entry to fill: a new one, or that of the last, which is now one too many. */
static struct selection_entry *take_slot(struct selection *selection)
{
	if (selection->count == selection->limit)
		return selection->entries[--selection->count];
	return &selection->slots[selection->count];
}

static bool fill(struct buf *buf, struct span bytes)
{
	buf_reset(buf);
	buf_add(buf, bytes.data, bytes.len);
	return buf_ok(buf);
}

void selection_offer(struct selection *selection, struct span position, struct span text)
{
	struct selection_entry *entry;
	size_t place;

	if (selection->after.data && selection->order(position, selection->after) <= 0)
		return;
	if (selection->has_failed || selection_is_beyond(selection, position))
		return;
	place = find_place(selection, position);
	/* An index may show one entry on two pages while it changes. */
	if (place < selection->count &&
	    selection->order(selection_position(selection, place), position) == 0)
		return;
	entry = take_slot(selection);
	if (!fill(&entry->position, position) || !fill(&entry->text, text)) {
		selection->has_failed = true;
		return;
	}
	memmove(selection->entries + place + 1, selection->entries + place,
		(selection->count - place) * sizeof(selection->entries[0]));
	selection->entries[place] = entry;
	selection->count++;
}
