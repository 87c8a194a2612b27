#include "domain/merge_patch.h"

#include <stdbool.h>

static bool patch_member(json_t *result, const char *name, const json_t *value)
{
	json_t *merged;

	if (json_is_null(value)) {
		json_object_del(result, name);
		return true;
	}
	merged = merge_patch(json_object_get(result, name), value);
	return merged && json_object_set_new_nocheck(result, name, merged) == 0;
}

json_t *merge_patch(const json_t *target, const json_t *patch)
{
	json_t *members = (json_t *)patch; /* jansson's iterators do not change it */
	const char *name;
	json_t *value;
	json_t *result;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	result = json_is_object(target) ? json_deep_copy(target) : json_object();
	if (!result)
		return NULL;
	json_object_foreach (members, name, value) {
		if (!patch_member(result, name, value)) {
			json_decref(result);
			return NULL;
		}
	}
	return result;
}
