#include "api/seed.h"

#include <assert.h>

#include "base/json_exact.h"
#include "domain/product.h"
#include "repo/product_repo.h"

/* Bodies as a caller would POST them; the ids are what makes a second seeding harmless. */
static const struct {
	const char *id;
	const char *body;
} products[] = {
	{"5f0c1d52-0001-4a6e-9b1d-7c5e2f8a1001",
	 "{\"name\":\"Teapot, 1 l\",\"price\":34.5,\"category\":\"kitchen\","
	 "\"description\":\"Stoneware with a strainer, holds four cups.\",\"weight_grams\":980,"
	 "\"tags\":[\"tea\",\"stoneware\"],\"on_hand\":24,\"low_stock_at\":5,"
	 "\"colour\":\"moss\",\"dishwasher_safe\":true}"},
	{"5f0c1d52-0002-4a6e-9b1d-7c5e2f8a1002",
	 "{\"name\":\"Tea towels, set of 3\",\"price\":18,\"category\":\"kitchen\","
	 "\"weight_grams\":240,\"tags\":[\"linen\"],\"on_hand\":60,\"low_stock_at\":10,"
	 "\"material\":{\"linen\":0.55,\"cotton\":0.45}}"},
	{"5f0c1d52-0003-4a6e-9b1d-7c5e2f8a1003",
	 "{\"name\":\"Chef's knife, 20 cm\",\"price\":89.95,\"category\":\"kitchen\","
	 "\"description\":\"Forged, with a walnut handle.\",\"weight_grams\":210,"
	 "\"tags\":[\"knife\",\"walnut\"],\"on_hand\":3,\"low_stock_at\":4,"
	 "\"blade\":{\"length_cm\":20,\"steel\":\"X50CrMoV15\"}}"},
	{"5f0c1d52-0004-4a6e-9b1d-7c5e2f8a1004",
	 "{\"name\":\"Espresso beans, 1 kg\",\"price\":27.9,\"category\":\"kitchen\","
	 "\"weight_grams\":1000,\"tags\":[\"coffee\",\"organic\"],\"on_hand\":120,"
	 "\"low_stock_at\":20,\"origin\":[\"Peru\",\"Ethiopia\"],\"roast\":4}"},
	{"5f0c1d52-0005-4a6e-9b1d-7c5e2f8a1005",
	 "{\"name\":\"Desk lamp\",\"price\":64,\"category\":\"office\","
	 "\"description\":\"Two joints, warm light, a switch that can be found in the dark.\","
	 "\"weight_grams\":1450,\"tags\":[\"light\"],\"on_hand\":17,\"low_stock_at\":5,"
	 "\"colour\":\"white\",\"bulb\":{\"socket\":\"E27\",\"included\":false}}"},
	{"5f0c1d52-0006-4a6e-9b1d-7c5e2f8a1006",
	 "{\"name\":\"Notebook A5, dotted\",\"price\":12.5,\"category\":\"office\","
	 "\"weight_grams\":310,\"tags\":[\"paper\"],\"on_hand\":200,\"low_stock_at\":25,"
	 "\"pages\":184}"},
	{"5f0c1d52-0007-4a6e-9b1d-7c5e2f8a1007",
	 "{\"name\":\"Fountain pen\",\"price\":48,\"category\":\"office\",\"weight_grams\":22,"
	 "\"tags\":[\"pen\"],\"on_hand\":0,\"backorder\":true,\"nib\":[\"F\",\"M\"]}"},
	{"5f0c1d52-0008-4a6e-9b1d-7c5e2f8a1008",
	 "{\"name\":\"Rain jacket\",\"price\":139,\"category\":\"clothing\","
	 "\"description\":\"Light, packs into its own pocket.\",\"weight_grams\":290,"
	 "\"tags\":[\"outdoor\"],\"on_hand\":35,\"low_stock_at\":6,"
	 "\"sizes\":[\"S\",\"M\",\"L\",\"XL\"],\"water_column_mm\":20000}"},
	{"5f0c1d52-0009-4a6e-9b1d-7c5e2f8a1009",
	 "{\"name\":\"Merino socks\",\"price\":16.5,\"category\":\"clothing\",\"weight_grams\":70,"
	 "\"tags\":[\"wool\",\"outdoor\"],\"on_hand\":80,\"low_stock_at\":15,"
	 "\"sizes\":[\"36-39\",\"40-43\",\"44-47\"]}"},
	{"5f0c1d52-0010-4a6e-9b1d-7c5e2f8a1010",
	 "{\"name\":\"Wool cap\",\"price\":29,\"category\":\"clothing\",\"weight_grams\":85,"
	 "\"tags\":[\"wool\"],\"on_hand\":2,\"low_stock_at\":5,\"colour\":\"navy\"}"},
	{"5f0c1d52-0011-4a6e-9b1d-7c5e2f8a1011",
	 "{\"name\":\"Go board with stones\",\"price\":119.99,\"category\":\"games\","
	 "\"description\":\"Bamboo, 19 lines, stones of glass.\",\"weight_grams\":4200,"
	 "\"tags\":[\"board game\",\"bamboo\"],\"on_hand\":8,\"low_stock_at\":2,"
	 "\"players\":{\"min\":2,\"max\":2}}"},
	{"5f0c1d52-0012-4a6e-9b1d-7c5e2f8a1012",
	 "{\"name\":\"Playing cards\",\"price\":7.25,\"category\":\"games\",\"weight_grams\":95,"
	 "\"tags\":[\"cards\"],\"on_hand\":150,\"low_stock_at\":20,"
	 "\"players\":{\"min\":1,\"max\":8}}"},
};

enum { PRODUCT_COUNT = sizeof(products) / sizeof(products[0]) };

struct seeding {
	struct repo *repo;
	size_t *made;
	size_t *present;
	struct await *outer;
	struct await await; /* of the product that is being made */
	size_t next;
	struct stored_product product;
};

static void make_next(struct seeding *seeding);

static void on_made(struct await *await)
{
	struct seeding *seeding = await->context;

	seeding->outer->usage.read_millis += await->usage.read_millis;
	seeding->outer->usage.write_millis += await->usage.write_millis;
	if (await->result == RESULT_OK)
		++*seeding->made;
	else if (await->result == RESULT_EXISTS)
		++*seeding->present;
	if (await->result != RESULT_OK && await->result != RESULT_EXISTS)
		await_finish(seeding->outer, await->result);
	else if (seeding->next == PRODUCT_COUNT)
		await_finish(seeding->outer, RESULT_OK);
	else
		make_next(seeding);
}

/* The product that a body stands for; NULL when out of memory, for the bodies are right. */
static json_t *read_product(json_t *body, struct arena *arena)
{
	const struct product_input input = {FIELD_CREATE, body, "USD"};
	struct validation validation;
	json_t *product;

	validation_init(&validation, arena);
	product = product_apply(&input, NULL, &validation);
	assert(product || validation.count == 0);
	return product;
}

static void make_next(struct seeding *seeding)
{
	struct json_mistake mistake;
	const char *text = products[seeding->next].body;
	json_t *body = json_exact_parse(span_of(text), &mistake);
	json_t *product = body ? read_product(body, seeding->outer->arena) : NULL;
	struct new_product new = {.id = products[seeding->next].id, .product = product};

	if (!product) {
		json_decref(body);
		await_finish(seeding->outer, RESULT_NO_MEMORY);
		return;
	}
	new.opening = product_opening(body);
	seeding->next++;
	seeding->await = (struct await){
		.arena = seeding->outer->arena,
		.deadline_us = seeding->outer->deadline_us,
		.trace_id = seeding->outer->trace_id,
		.resume = on_made,
		.context = seeding,
	};
	product_repo_create(seeding->repo, &new, &seeding->product, &seeding->await);
	json_decref(product);
	json_decref(body);
}

void seed_demo(struct repo *repo, size_t *made, size_t *present, struct await *await)
{
	struct seeding *seeding = arena_alloc(await->arena, sizeof(*seeding));

	await_start(await);
	if (!seeding) {
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	seeding->repo = repo;
	seeding->made = made;
	seeding->present = present;
	seeding->outer = await;
	make_next(seeding);
}
