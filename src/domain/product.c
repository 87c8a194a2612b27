#include "domain/product.h"

#include <string.h>

#include "base/json_exact.h"
#include "base/text.h"
#include "domain/exact_number.h"
#include "domain/merge_patch.h"
#include "domain/money.h"
#include "domain/open_value.h"
#include "domain/product_field.h"

struct application {
	const struct product_input *input;
	struct validation *validation;
	json_t *product;
};

static void report(const struct application *app, const char *field, enum mistake_code code,
		   const char *detail)
{
	validation_add(app->validation, field, code, "%s", detail);
}

static void no_memory(const struct application *app)
{
	app->validation->has_failed = true;
}

static void set(const struct application *app, const char *name, json_t *value)
{
	if (!value || json_object_set_new_nocheck(app->product, name, value) != 0)
		no_memory(app);
}

static void apply_null(const struct application *app, const struct product_field *field,
		       const char *name)
{
	bool is_patch = app->input->change == PRODUCT_PATCH;

	if (field && field->is_required)
		report(app, name, MISTAKE_REQUIRED, "It cannot be null.");
	else if (app->input->change == PRODUCT_PUT)
		report(app, name, MISTAKE_WRONG_TYPE,
		       "It cannot be null; use PATCH with null to remove it.");
	else if (is_patch && field && field->stays)
		report(app, name, MISTAKE_REQUIRED, "It cannot be removed.");
	else if (is_patch)
		json_object_del(app->product, name);
}

static void apply_value(const struct application *app, const struct product_field *field,
			const char *name, json_t *value)
{
	json_t *merged;

	if (app->input->change == PRODUCT_PATCH)
		merged = merge_patch(json_object_get(app->product, name), value);
	else
		merged = json_incref(value);
	if (!merged) {
		no_memory(app);
		return;
	}
	if (field)
		field->check(field, merged, app->validation);
	else
		open_value_check(name, merged, app->validation);
	if (field && field->role == PRODUCT_FIELD_OPENING)
		json_decref(merged);
	else
		set(app, name, merged);
}

static void apply_member(const struct application *app, const char *name, json_t *value)
{
	const struct product_field *field = product_field_find(name);
	bool is_new = app->input->change == PRODUCT_CREATE;

	if (field && field->role == PRODUCT_FIELD_IGNORED)
		return;
	if (field && field->role == PRODUCT_FIELD_SERVERS)
		report(app, name, MISTAKE_READ_ONLY, "It is set by the server; leave it out.");
	else if (field && field->role == PRODUCT_FIELD_OPENING && !is_new)
		report(app, name, MISTAKE_READ_ONLY,
		       "It is given when a product is created; afterwards it is changed at "
		       "/product/{id}/stock.");
	else if (json_is_null(value))
		apply_null(app, field, name);
	else
		apply_value(app, field, name, value);
}

/* Fields that were never named; a null has been reported already. */
static void require(const struct application *app)
{
	for (const struct product_field *field = product_fields; field->name; field++) {
		if (field->is_required && !json_object_get(app->input->body, field->name))
			report(app, field->name, MISTAKE_REQUIRED, "It is required.");
	}
}

static void report_amount(const struct application *app, enum money_fault fault, unsigned decimals)
{
	switch (fault) {
	case MONEY_FINE:
		break;
	case MONEY_TOO_MANY_DECIMALS:
		validation_add(app->validation, "price", MISTAKE_TOO_MANY_DECIMALS,
			       "Prices in %s have at most %u decimals.",
			       json_string_value(json_object_get(app->product, "currency")),
			       decimals);
		break;
	case MONEY_NEGATIVE:
		report(app, "price", MISTAKE_NEGATIVE, "It cannot be negative.");
		break;
	case MONEY_NOT_A_NUMBER:
	case MONEY_TOO_LARGE:
		report(app, "price", MISTAKE_TOO_LARGE, "It is too large.");
		break;
	}
}

/* True when the caller, rather than what is stored, has given this field. */
static bool is_given(const struct application *app, const char *name)
{
	return json_object_get(app->input->body, name) != NULL;
}

/*
 * Whether money_parse can judge it: what is wrong otherwise has been told by the field's own check.
 */
static bool is_amount(const json_t *price)
{
	char canonical[DECIMAL_SIZE];

	return json_exact_is_number(price) && !exact_number_read(price, canonical) &&
	       canonical[0] != '-';
}

/* The one rule that takes two fields, either of which may be the stored one. */
static void check_amount(const struct application *app)
{
	const json_t *price = json_object_get(app->product, "price");
	const json_t *currency = json_object_get(app->product, "currency");
	unsigned decimals;
	int64_t amount;

	if (!is_given(app, "price") && !is_given(app, "currency"))
		return;
	if (!is_amount(price) || !json_exact_is_string(currency) ||
	    !money_currency_decimals(span_of(json_string_value(currency)), &decimals))
		return;
	report_amount(app, money_parse(json_exact_number_text(price), decimals, &amount), decimals);
}

static void check_size(const struct application *app)
{
	if (open_value_size(app->product) > PRODUCT_SIZE_MAX)
		validation_add(app->validation, "", MISTAKE_TOO_LARGE,
			       "The whole product has at most %d bytes.", PRODUCT_SIZE_MAX);
}

static void apply_body(const struct application *app)
{
	json_t *members = (json_t *)app->input->body; /* jansson's iterators do not change it */
	bool is_new = app->input->change == PRODUCT_CREATE;
	const char *name;
	json_t *value;

	json_object_foreach (members, name, value)
		apply_member(app, name, value);
	if (is_new)
		require(app);
	if (is_new && !json_object_get(app->product, "currency"))
		set(app, "currency", json_string(app->input->currency));
	check_amount(app);
	if (app->validation->count == 0)
		check_size(app);
}

json_t *product_apply(const struct product_input *input, const json_t *stored,
		      struct validation *validation)
{
	struct application app = {.input = input, .validation = validation};

	if (!json_is_object(input->body)) {
		report(&app, "", MISTAKE_WRONG_TYPE, "The body must be an object.");
		return NULL;
	}
	/* Values are replaced, never changed, so a copy of the top level is enough. */
	app.product = stored ? json_copy((json_t *)stored) : json_object();
	if (!app.product) {
		no_memory(&app);
		return NULL;
	}
	apply_body(&app);
	if (validation_passes(validation))
		return app.product;
	json_decref(app.product);
	return NULL;
}

static int64_t integer_of(const json_t *value)
{
	int64_t number = 0;

	if (json_exact_is_number(value))
		(void)!decimal_to_scaled(json_exact_number_text(value), 0, &number);
	return number;
}

struct stock_opening product_opening(const json_t *body)
{
	const json_t *low_stock_at = json_object_get(body, "low_stock_at");

	return (struct stock_opening){
		.on_hand = integer_of(json_object_get(body, "on_hand")),
		.has_low_mark = json_exact_is_number(low_stock_at),
		.low_stock_at = integer_of(low_stock_at),
	};
}
