/*
 * All products, one after another, as lines (product_view_write_line): as many at a time as make a
 * reasonable piece of text.
 *
 * The index that lists products by age tells which there are, one of its parts after another; what
 * they are is read consistently from the table itself. What comes or goes meanwhile may be in it or
 * not; what stays is in it, once.
 */
#ifndef SHOPD_REPO_PRODUCT_EXPORT_H
#define SHOPD_REPO_PRODUCT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/repo.h"

enum {
	PRODUCT_EXPORT_PAGE = 50,              /* products at once: two items each */
	PRODUCT_EXPORT_TARGET = 128 * 1024,    /* bytes that a page should have */
	PRODUCT_EXPORT_MAX = 32 * 1024 * 1024, /* bytes that `out` must be able to take */
};

/* How far it has come. Zeroed at birth. */
struct product_export {
	bool is_over; /* there are no more */
	/* private */
	uint32_t shard;
	uint64_t page; /* how many next; 0: not known yet */
	struct buf last_key;
};

void product_export_clear(struct product_export *export);

/*
 * Appends the next lines to `out`, and adds their number to `lines`. RESULT_OK: there was at least
 * one, or it is over. Nothing is appended on failure. The await's arena is for this call alone:
 * reset it before the next.
 */
void product_export_next(struct repo *repo, struct product_export *export, struct buf *out,
			 uint64_t *lines, struct await *await);

#endif
