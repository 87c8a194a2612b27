/*
 * Records: items that are no more than the fields of a table (domain/field.h), with a version and
 * times. Users, addresses and preferences are such. Each field is an attribute of its own name;
 * what another tool has put beside them survives every change.
 */
#ifndef SHOPD_REPO_RECORD_H
#define SHOPD_REPO_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/attribute.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/result.h"
#include "domain/field.h"

enum {
	RECORD_ITEM_MAX = 64 * 1024, /* as JSON */
	RECORD_KEY_SIZE = 80,        /* a prefix and an id or a hash */
	RECORD_TAG_SIZE = 24,        /* a number of 64 bits */
};

/* As it was read. The views live as long as the text that they were made of. */
struct record {
	char id[ID_SIZE]; /* "" for those that have none */
	uint64_t version;
	struct item item;
};

/* What a record has beside its fields. */
struct record_stamp {
	uint64_t version;
	const char *created_at; /* RFC 3339; NULL: it has none */
	const char *updated_at; /* likewise */
};

/* Views an item's text. False when it is none. `id` stays as it is. */
bool record_view(struct span text, struct record *record);

/*
 * The record that an item with these members is, copied into the arena: what a caller is shown of
 * what is about to be written. `id` is copied, too. False when out of memory.
 */
MUST_CHECK bool record_keep_new(const char *id, const struct buf *members, struct arena *arena,
				struct record *out);

/* The record as a tree: new. RESULT_GARBLED when the item is beyond understanding. */
MUST_CHECK enum result record_tree(const struct field *fields, const struct item *item,
				   json_t **tree);

/* Appends the members of a new record's item but for its key. */
void record_write(const struct field *fields, const json_t *tree, const struct record_stamp *stamp,
		  struct buf *out);

/* A change of a record as the texts of a struct dynamodb_write. */
struct record_change {
	struct buf update;
	struct buf names;  /* members only: a condition has names, too */
	struct buf values; /* likewise */
};

/*
 * Sets the fields that `tree` has, removes the others, and sets version and updated_at. The buffers
 * may be added to; check them with buf_ok. The placeholders are #f…, :f…, :version and :updated_at.
 */
void record_change_init(struct record_change *change, const struct field *fields,
			const json_t *tree, const struct record_stamp *stamp);
void record_change_clear(struct record_change *change);

/* Appends the record as a JSON object: id, fields in their order, version and times. */
void record_show(const struct field *fields, const struct record *record, struct buf *out);

/* The entity tag: the version. */
void record_tag(const struct record *record, char tag[static RECORD_TAG_SIZE]);

#endif
