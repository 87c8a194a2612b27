#include "notify/unsaved.h"

#include <stdlib.h>
#include <string.h>

static struct unsaved_entry *find(const struct unsaved *unsaved, struct span id)
{
	if (!unsaved->entries || id.len != ID_LEN)
		return NULL;
	for (size_t i = 0; i < UNSAVED_MAX; i++) {
		struct unsaved_entry *entry = &unsaved->entries[i];

		if (entry->stage != STAGE_NONE && memcmp(entry->id, id.data, ID_LEN) == 0)
			return entry;
	}
	return NULL;
}

enum stage unsaved_find(const struct unsaved *unsaved, struct span id)
{
	const struct unsaved_entry *entry = find(unsaved, id);

	return entry ? entry->stage : STAGE_NONE;
}

static struct unsaved_entry *find_room(struct unsaved *unsaved)
{
	if (!unsaved->entries)
		unsaved->entries = calloc(UNSAVED_MAX, sizeof(*unsaved->entries));
	if (!unsaved->entries)
		return NULL;
	if (unsaved->count == UNSAVED_MAX)
		return &unsaved->entries[unsaved->next++ % UNSAVED_MAX];
	for (size_t i = 0; i < UNSAVED_MAX; i++) {
		if (unsaved->entries[i].stage == STAGE_NONE) {
			unsaved->count++;
			return &unsaved->entries[i];
		}
	}
	return NULL;
}

static void remove_entry(struct unsaved *unsaved, struct unsaved_entry *entry)
{
	entry->stage = STAGE_NONE;
	if (--unsaved->count == 0)
		unsaved_clear(unsaved);
}

void unsaved_set(struct unsaved *unsaved, struct span id, enum stage stage)
{
	struct unsaved_entry *entry = find(unsaved, id);

	if (stage == STAGE_NONE) {
		if (entry)
			remove_entry(unsaved, entry);
		return;
	}
	if (!entry && id.len == ID_LEN)
		entry = find_room(unsaved);
	if (!entry)
		return;
	memcpy(entry->id, id.data, ID_LEN);
	entry->stage = stage;
}

void unsaved_clear(struct unsaved *unsaved)
{
	free(unsaved->entries);
	*unsaved = (struct unsaved){0};
}
