#include "domain/product.h"

#include <string.h>

#include "base/json_exact.h"
#include "base/text.h"
#include "domain/exact_number.h"
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

static void add_currency(const struct application *app)
{
	json_t *currency = json_string(app->input->currency);

	if (!currency || json_object_set_new_nocheck(app->product, "currency", currency) != 0)
		app->validation->has_failed = true;
}

json_t *product_apply(const struct product_input *input, const json_t *stored,
		      struct validation *validation)
{
	const struct field_input fields = {product_fields, input->change, true, input->body};
	struct application app = {.input = input, .validation = validation};

	app.product = field_apply(&fields, stored, validation);
	if (!app.product)
		return NULL;
	if (input->change == FIELD_CREATE && !json_object_get(app.product, "currency"))
		add_currency(&app);
	check_amount(&app);
	if (validation->count == 0)
		check_size(&app);
	return field_judge(app.product, validation);
}

struct stock_opening product_opening(const json_t *body)
{
	const json_t *low_stock_at = json_object_get(body, "low_stock_at");

	return (struct stock_opening){
		.on_hand = field_integer(json_object_get(body, "on_hand")),
		.has_low_mark = json_exact_is_number(low_stock_at),
		.low_stock_at = field_integer(low_stock_at),
	};
}
