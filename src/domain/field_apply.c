#include "domain/field_apply.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/json_exact.h"
#include "domain/merge_patch.h"
#include "domain/open_value.h"

enum { PATH_SIZE = VALIDATION_FIELD_MAX + 2 /* one more, so that it is seen to be too long */ };

struct application {
	const struct field_input *input;
	const char *path; /* of the whole; "" at the top of a body */
	struct validation *validation;
	json_t *made;
};

static void make_path(const struct application *app, const char *name, char path[static PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s%s%s", app->path, app->path[0] && name[0] ? "." : "", name);
}

static void report(const struct application *app, const char *name, enum mistake_code code,
		   const char *detail)
{
	char path[PATH_SIZE];

	make_path(app, name, path);
	validation_add(app->validation, path, code, "%s", detail);
}

static void no_memory(const struct application *app)
{
	app->validation->has_failed = true;
}

static void set(const struct application *app, const char *name, json_t *value)
{
	if (!value || json_object_set_new_nocheck(app->made, name, value) != 0)
		no_memory(app);
}

static void apply_null(const struct application *app, const struct field *field, const char *name)
{
	bool is_patch = app->input->change == FIELD_PATCH;

	if (field && field->is_required)
		report(app, name, MISTAKE_REQUIRED, "It cannot be null.");
	else if (app->input->change == FIELD_PUT)
		report(app, name, MISTAKE_WRONG_TYPE,
		       "It cannot be null; use PATCH with null to remove it.");
	else if (is_patch && field && field->stays)
		report(app, name, MISTAKE_REQUIRED, "It cannot be removed.");
	else if (is_patch)
		json_object_del(app->made, name);
}

static void apply_value(const struct application *app, const struct field *field, const char *name,
			json_t *value)
{
	char path[PATH_SIZE];
	json_t *merged;

	if (app->input->change == FIELD_PATCH)
		merged = merge_patch(json_object_get(app->made, name), value);
	else
		merged = json_incref(value);
	if (!merged) {
		no_memory(app);
		return;
	}
	make_path(app, name, path);
	if (field)
		field->check(field, path, merged, app->validation);
	else
		open_value_check(name, merged, app->validation);
	if (field && field->role == FIELD_OPENING)
		json_decref(merged);
	else
		set(app, name, merged);
}

static void report_opening(const struct application *app, const struct field *field)
{
	enum { DETAIL_SIZE = 160 };
	char detail[DETAIL_SIZE];

	if (field->hint)
		snprintf(detail, sizeof(detail),
			 "It is given when a product is created; afterwards it is changed at %s.",
			 field->hint);
	else
		snprintf(detail, sizeof(detail), "It stays what it was from the beginning.");
	report(app, field->name, MISTAKE_READ_ONLY, detail);
}

static void apply_member(const struct application *app, const char *name, json_t *value)
{
	const struct field *field = field_find(app->input->fields, name);
	bool is_new = app->input->change == FIELD_CREATE;

	if (field && field->role == FIELD_IGNORED)
		return;
	if (!field && !app->input->is_open)
		report(app, name, MISTAKE_UNKNOWN_FIELD, "There is no such field; leave it out.");
	else if (field && field->role == FIELD_SERVERS)
		report(app, name, MISTAKE_READ_ONLY, "It is set by the server; leave it out.");
	else if (field && field->role == FIELD_OPENING && !is_new)
		report_opening(app, field);
	else if (json_is_null(value))
		apply_null(app, field, name);
	else
		apply_value(app, field, name, value);
}

/* Fields that were never named; a null has been reported already. */
static void require(const struct application *app)
{
	for (const struct field *field = app->input->fields; field->name; field++) {
		if (field->is_required && !json_object_get(app->input->body, field->name))
			report(app, field->name, MISTAKE_REQUIRED, "It is required.");
	}
}

static void apply_body(const struct application *app)
{
	json_t *members = (json_t *)app->input->body; /* jansson's iterators do not change it */
	const char *name;
	json_t *value;

	json_object_foreach (members, name, value)
		apply_member(app, name, value);
	if (app->input->change == FIELD_CREATE)
		require(app);
}

json_t *field_apply_at(const char *path, const struct field_input *input, const json_t *stored,
		       struct validation *validation)
{
	struct application app = {.input = input, .path = path, .validation = validation};

	assert(!path[0] || !input->is_open);
	if (!json_is_object(input->body)) {
		report(&app, "", MISTAKE_WRONG_TYPE,
		       path[0] ? "It must be an object." : "The body must be an object.");
		return NULL;
	}
	/* Values are replaced, never changed, so a copy of the top level is enough. */
	app.made = stored ? json_copy((json_t *)stored) : json_object();
	if (!app.made) {
		no_memory(&app);
		return NULL;
	}
	apply_body(&app);
	return app.made;
}

json_t *field_apply(const struct field_input *input, const json_t *stored,
		    struct validation *validation)
{
	return field_apply_at("", input, stored, validation);
}

json_t *field_judge(json_t *made, const struct validation *validation)
{
	if (validation_passes(validation))
		return made;
	json_decref(made);
	return NULL;
}
