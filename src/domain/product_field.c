#include "domain/product_field.h"

const struct field product_fields[] = {
	{"name", .is_required = true, .check = field_check_line, .min = 1, .max = 200},
	{"price", .is_required = true, .check = field_check_amount},
	{"currency", .stays = true, .check = field_check_currency},
	{"category", .check = field_check_line, .min = 1, .max = 100},
	{"description", .check = field_check_text, .max = 10000},
	{"image_url", .check = field_check_url, .max = 2048},
	{"weight_grams", .check = field_check_integer, .largest = "9223372036854775807"},
	{"tags", .check = field_check_lines, .max = 50},
	{"backorder", .check = field_check_boolean},
	{"on_hand", FIELD_OPENING, .check = field_check_integer, .largest = "999999999",
	 .hint = "/product/{id}/stock"},
	{"low_stock_at", FIELD_OPENING, .check = field_check_integer, .largest = "999999999",
	 .hint = "/product/{id}/stock"},
	{"id", FIELD_IGNORED, .check = NULL},
	{"stock", FIELD_SERVERS, .check = NULL},
	{"version", FIELD_SERVERS, .check = NULL},
	{"created_at", FIELD_SERVERS, .check = NULL},
	{"updated_at", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};
