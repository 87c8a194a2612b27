/*
 * JSON merge patch (RFC 7396): what a document becomes when a partial one is laid over it. null
 * takes a member away, objects merge, everything else replaces.
 */
#ifndef SHOPD_DOMAIN_MERGE_PATCH_H
#define SHOPD_DOMAIN_MERGE_PATCH_H

#include <jansson.h>

/*
 * The patched document: new, sharing nothing that changes with `target` or `patch`; NULL when out
 * of memory. `target` may be NULL: there is no such value yet. Both are exact trees
 * (base/json_exact.h).
 */
json_t *merge_patch(const json_t *target, const json_t *patch);

#endif
