#include "repo/checkout_hold.h"

#include <string.h>

#include "repo/cart_item.h"
#include "repo/cart_product.h"
#include "repo/order_item.h"
#include "repo/repo_write.h"
#include "repo/stock_moves.h"
#include "repo/user_item.h"

enum { VALUES_MAX = 1024 };

struct run {
	struct repo *repo;
	struct await *await;
	struct checkout_wish what;
	struct span address;
	struct span email;
	struct checkout_answer *out;
	struct cart cart;
	struct cart_products products;
	struct cart_product_read products_read;
	struct stock_moves moves;
	struct dynamodb_call call;
	unsigned tries;
};

static void finish(struct run *run, enum result result)
{
	stock_moves_clear(&run->moves);
	dynamodb_call_clear(&run->call);
	await_finish(run->await, result);
}

static void refuse(struct run *run, enum checkout_refusal refusal)
{
	run->out->refusal = refusal;
	finish(run, RESULT_INVALID);
}

static struct dynamodb_call *new_call(struct run *run, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&run->call);
	run->call = (struct dynamodb_call){.await = run->await, .done = done, .context = run};
	return &run->call;
}

static void start_read(struct run *run);
static void decide(struct run *run);

/* ------------------------------------------------------------------ the write */

/* Cart and checkout come first; the others are stocks. */
enum { CART_WRITE, CHECKOUT_WRITE, FIRST_STOCK };

static void take_conflict(struct run *run)
{
	const struct dynamodb_reason *reasons = run->call.reasons;
	enum result result;

	if (reasons[CHECKOUT_WRITE].is_condition) {
		/* Of 74 random bits the same came twice: more likely our own write. */
		finish(run, RESULT_UNKNOWN);
		return;
	}
	if (reasons[CART_WRITE].is_condition) {
		start_read(run);
		return;
	}
	result = stock_moves_take(&run->moves, reasons + FIRST_STOCK);
	if (result == RESULT_CONFLICT)
		decide(run);
	else
		finish(run, RESULT_GARBLED);
}

static void on_written(struct dynamodb_call *call)
{
	struct run *run = call->context;

	if (call->result != RESULT_CONFLICT)
		finish(run, call->result);
	else if (run->tries == CHECKOUT_TRIES)
		finish(run, RESULT_THROTTLED);
	else
		take_conflict(run);
}

static void write_cart_values(const struct run *run, struct buf *values)
{
	const struct checkout *checkout = &run->out->checkout;
	int64_t now_s = cart_item_now(run->repo);

	buf_init(values, VALUES_MAX);
	buf_add_char(values, '{');
	attribute_add_text(values, ":open", "open");
	attribute_add_text(values, ":id", checkout->id);
	attribute_add_text(values, ":time", checkout->created_at);
	attribute_add_integer(values, ":now", now_s);
	attribute_add_integer(values, ":ttl", now_s + cart_seconds(&run->cart));
	attribute_add_integer(values, ":v", (int64_t)run->cart.version);
	attribute_add_integer(values, ":one", 1);
	buf_add_char(values, '}');
}

static enum result start_write(struct run *run, const char *item, const char *cart_values)
{
	struct dynamodb_write writes[REPO_USER_WRITES_MAX];
	char cart[CART_KEY_SIZE];
	char checkout[CHECKOUT_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char user[RECORD_KEY_SIZE];
	size_t count = 0;
	enum result result = stock_moves_make(&run->moves, writes + FIRST_STOCK,
					      REPO_USER_WRITES_MAX - FIRST_STOCK - 1, &count);

	if (result != RESULT_OK)
		return result;
	count += FIRST_STOCK;
	cart_item_key("C#", run->cart.id, cart);
	checkout_item_key(run->out->checkout.id, checkout);
	repo_key_names(run->repo, names);
	writes[CART_WRITE] = (struct dynamodb_write){
		.action = DYNAMODB_UPDATE,
		.key = {cart, "#"},
		.update = "SET checkout_id = :id, updated_at = :time, #t = :ttl ADD version :one",
		.condition = "#s = :open AND #t > :now AND version = :v",
		.names = "{\"#s\":\"status\",\"#t\":\"ttl\"}",
		.values = cart_values,
	};
	writes[CHECKOUT_WRITE] = (struct dynamodb_write){
		.action = DYNAMODB_PUT,
		.key = {checkout, "#"},
		.item = item,
		.condition = "attribute_not_exists(#p)",
		.names = names,
	};
	/* No condition on the user: the cart, which goes with the user, is there. */
	user_item_key(run->cart.user_id, user);
	if (run->cart.user_id[0])
		writes[count++] = (struct dynamodb_write){
			.action = DYNAMODB_PUT,
			.key = {user, checkout},
		};
	return repo_write(run->repo, new_call(run, on_written), writes, count);
}

/* What is not of the cart: made anew for each try, for time passes. */
static void stamp(struct run *run)
{
	struct checkout *checkout = &run->out->checkout;
	int64_t now_ms = clock_wall_ms(run->repo->clock);

	checkout->status = CHECKOUT_HELD;
	checkout->version = 1;
	checkout->is_extended = false;
	checkout->address = run->address;
	checkout->email = run->email;
	id_make_ordered(now_ms, checkout->id);
	memcpy(checkout->cart_id, run->cart.id, ID_SIZE);
	memcpy(checkout->user_id, run->cart.user_id, ID_SIZE);
	clock_format_rfc3339(now_ms, checkout->created_at);
	clock_format_rfc3339(now_ms, checkout->updated_at);
	clock_format_rfc3339(now_ms + run->what.hold_ms, checkout->expires_at);
}

static void write_all(struct run *run)
{
	struct buf item = {0};
	struct buf cart_values = {0};
	enum result result = RESULT_NO_MEMORY;

	run->tries++;
	stamp(run);
	write_cart_values(run, &cart_values);
	buf_init(&item, CHECKOUT_ITEM_MAX);
	checkout_item_write(&run->out->checkout, run->repo->write_shards, &item);
	dynamodb_call_clear(&run->call);
	if (buf_ok(&item) && buf_ok(&cart_values))
		result = start_write(run, buf_text(&item), buf_text(&cart_values));
	if (result != RESULT_OK)
		finish(run, result);
	buf_clear(&item);
	buf_clear(&cart_values);
}

/* ------------------------------------------------------------------ before it */

static void tell_shorts(struct run *run)
{
	struct checkout_answer *out = run->out;

	out->short_count = 0;
	for (size_t i = 0; i < run->moves.count; i++) {
		const struct stock_line *line = &run->moves.lines[i];
		struct checkout_short *one = &out->shorts[out->short_count];

		if (line->verdict == STOCK_FINE)
			continue;
		memcpy(one->product_id, line->product_id, ID_SIZE);
		one->requested = line->quantity;
		one->available = line->is_gone ? 0 : line->now.available;
		out->short_count++;
	}
	refuse(run, CHECKOUT_INSUFFICIENT);
}

static void decide(struct run *run)
{
	if (stock_moves_decide(&run->moves))
		write_all(run);
	else
		tell_shorts(run);
}

static void know_stocks(struct run *run)
{
	const struct checkout *checkout = &run->out->checkout;

	run->moves.repo = run->repo;
	run->moves.await = run->await;
	run->moves.count = checkout->count;
	for (size_t i = 0; i < checkout->count; i++) {
		const struct checkout_line *line = &checkout->lines[i];
		const struct cart_product *product =
			cart_product_find(&run->products, line->product_id);
		struct stock_line *move = &run->moves.lines[i];

		*move = (struct stock_line){
			.move = STOCK_HOLD,
			.quantity = line->quantity,
			.is_known = true,
			.is_gone = !product->has_stock,
			.now = product->stock,
		};
		memcpy(move->product_id, line->product_id, ID_SIZE);
	}
}

static void on_products(struct cart_product_read *read, enum result result)
{
	struct run *run = read->context;
	enum checkout_refusal refusal;

	if (result != RESULT_OK) {
		finish(run, result);
		return;
	}
	refusal = checkout_freeze(&run->cart, run->products.items, run->products.count,
				  &run->out->checkout);
	if (refusal != CHECKOUT_FINE) {
		refuse(run, refusal);
		return;
	}
	know_stocks(run);
	decide(run);
}

static void read_products(struct run *run)
{
	run->products.count = 0;
	run->products_read = (struct cart_product_read){
		.repo = run->repo,
		.await = run->await,
		.cart = &run->cart,
		.is_for_checkout = true,
		.done = on_products,
		.context = run,
		.out = &run->products,
	};
	cart_product_read(&run->products_read);
}

/* The cart's last checkout: is it still held? */
static void on_checkout(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct stored_checkout *last = arena_alloc(run->await->arena, sizeof(*last));
	char now[CLOCK_RFC3339_SIZE];
	enum result result = call->result;

	checkout_repo_now(run->repo, now);
	if (!last)
		result = RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = checkout_item_read(call->item, run->cart.checkout_id,
					    cart_item_now(run->repo), run->await->arena, last);
	if (result == RESULT_OK && checkout_is_held(&last->checkout, now)) {
		memcpy(run->out->active_id, run->cart.checkout_id, ID_SIZE);
		refuse(run, CHECKOUT_ACTIVE);
	} else if (result == RESULT_OK || result == RESULT_NOT_FOUND) {
		read_products(run);
	} else {
		finish(run, result);
	}
}

static void judge_cart(struct run *run)
{
	char pk[CHECKOUT_KEY_SIZE];

	if (run->cart.status != CART_OPEN) {
		refuse(run, CHECKOUT_CART_CLOSED);
	} else if (run->cart.count == 0) {
		refuse(run, CHECKOUT_CART_EMPTY);
	} else if (!run->cart.checkout_id[0]) {
		read_products(run);
	} else {
		checkout_item_key(run->cart.checkout_id, pk);
		dynamodb_get(&run->repo->db, new_call(run, on_checkout),
			     (struct dynamodb_key){pk, "#"}, true);
	}
}

static void on_cart(struct dynamodb_call *call)
{
	struct run *run = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = cart_item_read(run->repo, call->item, run->what.cart_id, run->await->arena,
					&run->cart);
	if (result == RESULT_OK)
		judge_cart(run);
	else if (result == RESULT_NOT_FOUND)
		refuse(run, CHECKOUT_NO_CART);
	else
		finish(run, result);
}

static void start_read(struct run *run)
{
	char pk[CART_KEY_SIZE];

	cart_item_key("C#", run->what.cart_id, pk);
	dynamodb_get(&run->repo->db, new_call(run, on_cart), (struct dynamodb_key){pk, "#"}, true);
}

/* ------------------------------------------------------------------ the way in */

static bool keep_texts(struct run *run)
{
	struct buf typed = {0};

	buf_init(&typed, CHECKOUT_ITEM_MAX);
	if (attribute_from_json(run->what.address, &typed) && buf_ok(&typed))
		run->address =
			(struct span){arena_copy(run->await->arena, buf_text(&typed), typed.len),
				      typed.len};
	buf_clear(&typed);
	if (run->what.email)
		run->email = order_item_escape(run->await->arena, run->what.email);
	return run->address.data && (!run->what.email || run->email.data);
}

void checkout_hold_run(struct repo *repo, const struct checkout_wish *wish,
		       struct checkout_answer *out, struct await *await)
{
	struct run *run = await_begin(await, sizeof(*run));

	if (!run)
		return;
	run->repo = repo;
	run->await = await;
	run->what = *wish;
	run->out = out;
	if (!keep_texts(run))
		finish(run, RESULT_NO_MEMORY);
	else if (id_is_valid(wish->cart_id))
		start_read(run);
	else
		refuse(run, CHECKOUT_NO_CART);
}
