#include "api/seed.h"

#include <assert.h>

#include "base/json_exact.h"
#include "domain/address.h"
#include "domain/product.h"
#include "domain/user.h"
#include "repo/address_repo.h"
#include "repo/product_repo.h"
#include "repo/user_repo.h"

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

/* Their e-mail addresses are what makes a second seeding harmless. */
static const struct {
	const char *user;
	const char *address;
} people[] = {
	{"{\"name\":\"Ada Moreau\",\"email\":\"ada@shop.example\",\"phone\":\"+33123456789\","
	 "\"locale\":\"fr-FR\"}",
	 "{\"name\":\"Ada Moreau\",\"line1\":\"12 rue des Lilas\",\"city\":\"Lyon\","
	 "\"postal_code\":\"69003\",\"country\":\"FR\"}"},
	{"{\"name\":\"Jonas Weber\",\"email\":\"jonas@shop.example\",\"locale\":\"de-AT\"}",
	 "{\"name\":\"Jonas Weber\",\"line1\":\"Ringstra\xc3\x9f"
	 "e 4\",\"line2\":\"T\xc3\xbcr 9\",\"city\":\"Wien\","
	 "\"postal_code\":\"1010\",\"country\":\"AT\"}"},
	{"{\"name\":\"Mei Tanaka\",\"email\":\"mei@shop.example\",\"locale\":\"ja\"}",
	 "{\"name\":\"Mei Tanaka\",\"line1\":\"2-8-1 Nishi-Shinjuku\",\"city\":\"Tokyo\","
	 "\"postal_code\":\"163-8001\",\"country\":\"JP\"}"},
};

enum { PEOPLE_COUNT = sizeof(people) / sizeof(people[0]) };

struct seeding {
	struct repo *repo;
	size_t *made;
	size_t *present;
	struct await *outer;
	struct await await; /* of what is being made */
	size_t next_product;
	size_t next_person;
	bool has_new_user; /* whose address comes next */
	struct stored_product product;
	struct record user;
	struct record address;
};

static void make_next(struct seeding *seeding);

/* ------------------------------------------------------------------ one after another */

static void on_made(struct await *await)
{
	struct seeding *seeding = await->context;

	seeding->outer->usage.read_millis += await->usage.read_millis;
	seeding->outer->usage.write_millis += await->usage.write_millis;
	if (await->result == RESULT_OK)
		++*seeding->made;
	else if (await->result == RESULT_EXISTS)
		++*seeding->present;
	if (await->result == RESULT_OK || await->result == RESULT_EXISTS)
		make_next(seeding);
	else
		await_finish(seeding->outer, await->result);
}

static void on_user_made(struct await *await)
{
	struct seeding *seeding = await->context;

	seeding->has_new_user = await->result == RESULT_OK;
	on_made(await);
}

static void begin(struct seeding *seeding, void (*resume)(struct await *await))
{
	seeding->await = (struct await){
		.arena = seeding->outer->arena,
		.deadline_us = seeding->outer->deadline_us,
		.trace_id = seeding->outer->trace_id,
		.resume = resume,
		.context = seeding,
	};
}

/* The bodies are right: what fails here is memory. */
static json_t *read_body(const char *text)
{
	struct json_mistake mistake;

	return json_exact_parse(span_of(text), &mistake);
}

/* ------------------------------------------------------------------ products, users, addresses */

static bool make_product(struct seeding *seeding, const char *id, const json_t *body)
{
	const struct product_input input = {FIELD_CREATE, body, "USD"};
	struct new_product new = {.id = id};
	struct validation validation;
	json_t *product;

	validation_init(&validation, seeding->outer->arena);
	product = product_apply(&input, NULL, &validation);
	assert(product || validation.count == 0);
	if (!product)
		return false;
	new.product = product;
	new.opening = product_opening(body);
	begin(seeding, on_made);
	product_repo_create(seeding->repo, &new, &seeding->product, &seeding->await);
	json_decref(product);
	return true;
}

static bool make_user(struct seeding *seeding, const json_t *body)
{
	struct validation validation;
	json_t *user;

	validation_init(&validation, seeding->outer->arena);
	user = user_apply(FIELD_CREATE, body, NULL, &validation);
	assert(user || validation.count == 0);
	if (!user)
		return false;
	begin(seeding, on_user_made);
	user_repo_create(seeding->repo, NULL, user, &seeding->user, &seeding->await);
	json_decref(user);
	return true;
}

static bool make_address(struct seeding *seeding, const json_t *body)
{
	struct validation validation;
	json_t *address;

	validation_init(&validation, seeding->outer->arena);
	address = address_apply("", FIELD_CREATE, body, NULL, &validation);
	assert(address || validation.count == 0);
	if (!address)
		return false;
	begin(seeding, on_made);
	address_repo_create(seeding->repo, seeding->user.id, address, &seeding->address,
			    &seeding->await);
	json_decref(address);
	return true;
}

/* True when there is nothing more to make. */
static bool is_over(const struct seeding *seeding)
{
	return seeding->next_product == PRODUCT_COUNT && seeding->next_person == PEOPLE_COUNT &&
	       !seeding->has_new_user;
}

static bool make_body(struct seeding *seeding)
{
	json_t *body;
	bool is_begun;

	if (seeding->has_new_user) {
		seeding->has_new_user = false;
		body = read_body(people[seeding->next_person - 1].address);
		is_begun = body && make_address(seeding, body);
	} else if (seeding->next_product < PRODUCT_COUNT) {
		size_t next = seeding->next_product++;

		body = read_body(products[next].body);
		is_begun = body && make_product(seeding, products[next].id, body);
	} else {
		body = read_body(people[seeding->next_person++].user);
		is_begun = body && make_user(seeding, body);
	}
	json_decref(body);
	return is_begun;
}

static void make_next(struct seeding *seeding)
{
	if (is_over(seeding))
		await_finish(seeding->outer, RESULT_OK);
	else if (!make_body(seeding))
		await_finish(seeding->outer, RESULT_NO_MEMORY);
}

void seed_demo(struct repo *repo, size_t *made, size_t *present, struct await *await)
{
	struct seeding *seeding = await_begin(await, sizeof(*seeding));

	if (!seeding)
		return;
	seeding->repo = repo;
	seeding->made = made;
	seeding->present = present;
	seeding->outer = await;
	make_next(seeding);
}
