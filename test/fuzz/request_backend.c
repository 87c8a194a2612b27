#include "request_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEPARATOR = 0x1e, HEAD_SIZE = 256 };

/* ---- the shop ---- */

#define TEA "00000000-0000-4000-8000-00000000000a"
#define POT "00000000-0000-4000-8000-00000000000b"
#define GUEST_CART "10000000-0000-4000-8000-000000000001"
#define USER_CART "10000000-0000-4000-8000-000000000002"
#define USER "20000000-0000-7000-8000-000000000001"
#define ORDER "30000000-0000-7000-8000-000000000001"
#define CHECKOUT "30000000-0000-7000-8000-000000000002"
#define PARCEL "40000000-0000-4000-8000-000000000001"
#define ADDRESS "60000000-0000-7000-8000-000000000001"

/* With ' for ". The clock begins at 2015-08-30T12:36:00Z. */
#define SINCE                                           \
	",'version':{'N':'3'},'created_at':{'S':"       \
	"'2015-08-29T10:00:00.000Z'},'updated_at':{'S'" \
	":'2015-08-30T10:00:00.000Z'}"
#define LINE ",'name':{'S':'tea'},'price':{'N':'2'},'quantity':{'N':'3'}}}"
#define LINES                                                                                     \
	",'lines':{'L':[{'M':{'product_id':{'S':'" TEA "'}" LINE ",{'M':{'product_id':{'S':'" POT \
	"'}" LINE "]}"
#define STREET "'name':{'S':'Ada'},'line1':{'S':'1 Way'},'city':{'S':'Berlin'},'country':{'S':'DE'}"
#define PLACE "'address':{'M':{" STREET "}}"
#define CART                                                                            \
	"'status':{'S':'open'},'currency':{'S':'EUR'},'ttl':{'N':'1440999999'},"        \
	"'lines':{'M':{'" TEA "':{'M':{'quantity':{'N':'2'},'place':{'N':'100'},'name'" \
	":{'S':'tea'},'price':{'N':'1.5'},'currency':{'S':'EUR'}}}}}" SINCE
#define PRODUCT(id)                                                                          \
	"'name':{'S':'tea'},'price':{'N':'19.99'},'currency':{'S':'EUR'},'category':{"       \
	"'S':'tea'},'extra':{'M':{'colour':{'S':'green'}}},'g1p':{'S':'CAT#tea'},'g1s':"     \
	"{'S':'tea\\t" id "'},'g2p':{'S':'PROD#0'},'g2s':{'S':'2015-08-29T10:00:00.000Z#" id \
	"'},'wt':{'S':'token'}" SINCE
#define STOCK                                                              \
	"'available':{'N':'20'},'reserved':{'N':'5'},'level':{'S':'low'}," \
	"'low_stock_at':{'N':'25'},'wt':{'S':'token'}" SINCE

static const struct {
	const char *pk;
	const char *sk;
	const char *rest;
} items[] = {
	{"P#" TEA, "#", PRODUCT(TEA)},
	{"P#" TEA, "STOCK", STOCK},
	{"P#" POT, "#", PRODUCT(POT)},
	{"P#" POT, "STOCK", STOCK},
	{"M#" TEA, "014f7b0a-8000-7000-8000-000000000001",
	 "'time':{'S':'2015-08-29T10:00:00.000Z'},'delta':{'N':'20'},'reason':{'S':'opening'},"
	 "'by':{'S':'staff'}"},
	{"U#" USER, "#",
	 "'name':{'S':'Ada'},'email':{'S':'ada@example.org'},'phone':{'S':'+4930123456'},"
	 "'address_count':{'N':'1'},'g2p':{'S':'USER#0'},'g2s':{'S':'2015-08-29T10:00:00.000Z#" USER
	 "'}" SINCE},
	{"U#" USER, "A#" ADDRESS, STREET SINCE},
	{"U#" USER, "NOTIFY",
	 "'channel':{'S':'sms'},'phone':{'S':'+4930123456'},'events':{'L':[{'S':'order.placed'}]"
	 "}" SINCE},
	{"U#" USER, "CART", "'cart_id':{'S':'" USER_CART "'}"},
	{"C#" GUEST_CART, "#", CART},
	{"C#" USER_CART, "#", "'user_id':{'S':'" USER "'}," CART},
	{"K#" CHECKOUT, "#",
	 "'cart_id':{'S':'" GUEST_CART "'},'status':{'S':'held'}," PLACE LINES
	 ",'total':{'N':'12'},'currency':{'S':'EUR'},'expires_at':{'S':'2099-01-01T00:00:00.000Z'"
	 "}" SINCE},
	{"O#" ORDER, "#",
	 "'user_id':{'S':'" USER "'},'status':{'S':'confirmed'},'payment_status':{'S':'paid'},"
	 "'fulfillment_status':{'S':'partial'},'total':{'N':'12'},'paid':{'N':'12'},'refunded':{"
	 "'N':'0'},'currency':{'S':'EUR'},'line_count':{'N':'2'},'g1p':{'S':'U#" USER
	 "'},'g1s':{'S':'O#" ORDER "'},'g2p':{'S':'OS#confirmed#0'},'g2s':{'S':'2015#" ORDER
	 "'}" SINCE},
	{"O#" ORDER, "SNAP", PLACE LINES},
	{"O#" ORDER, "H#014f7b0a-8000-7000-8000-000000000002",
	 "'time':{'S':'2015-08-29T10:00:00.000Z'},'what':{'S':'placed'},'to':{'S':'placed'},'by':"
	 "{'S':'staff'}"},
	{"O#" ORDER, "D#0001",
	 "'delivery_id':{'S':'" PARCEL "'},'number':{'N':'1'},'status':{'S':'shipped'},'carrier':"
	 "{'S':'dhl'},'tracking_number':{'S':'T1'},'lines':{'L':[{'M':{'product_id':{'S':'" TEA
	 "'},'quantity':{'N':'1'}}}]}" SINCE},
	{"O#" ORDER, "PAY#p1",
	 "'reference':{'S':'p1'},'status':{'S':'paid'},'amount':{'N':'12'},'created_at':{'S':'C'}"},
	{"D#" PARCEL, "#", "'order_id':{'S':'" ORDER "'}"},
};

static json_t *read_item(size_t index)
{
	size_t size = strlen(items[index].rest) + sizeof("{}");
	char *text = malloc(size);
	json_t *item;

	snprintf(text, size, "{%s}", items[index].rest);
	for (char *at = text; *at != '\0'; at++)
		if (*at == '\'')
			*at = '"';
	item = json_loads(text, 0, NULL);
	free(text);
	json_object_set_new(item, "pk", json_pack("{s:s}", "S", items[index].pk));
	json_object_set_new(item, "sk", json_pack("{s:s}", "S", items[index].sk));
	if (item == NULL)
		abort();
	return item;
}

static bool has_key(const json_t *item, const json_t *key)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)key, name, value)
		if (!json_equal(json_object_get(item, name), value))
			return false;
	return json_object_size(key) > 0;
}

/* New; NULL when there is none. */
static json_t *find(const struct request_backend *backend, const json_t *key)
{
	json_t *item;
	size_t i;

	json_array_foreach (backend->shop, i, item)
		if (has_key(item, key))
			return json_incref(item);
	return NULL;
}

/* ---- its answers; each is new ---- */

static json_t *get(const struct request_backend *backend, const json_t *request)
{
	return json_pack("{s:o*}", "Item", find(backend, json_object_get(request, "Key")));
}

static json_t *update(const struct request_backend *backend, const json_t *request)
{
	return json_pack("{s:o*}", "Attributes", find(backend, json_object_get(request, "Key")));
}

static json_t *batch_get(const struct request_backend *backend, const json_t *request)
{
	json_t *responses = json_object();
	const char *table;
	json_t *asked;

	json_object_foreach (json_object_get(request, "RequestItems"), table, asked) {
		json_t *found = json_array();
		json_t *key;
		size_t i;

		json_array_foreach (json_object_get(asked, "Keys"), i, key)
			json_array_append_new(found, find(backend, key));
		json_object_set_new(responses, table, found);
	}
	return json_pack("{s:o}", "Responses", responses);
}

static json_t *transact_get(const struct request_backend *backend, const json_t *request)
{
	json_t *responses = json_array();
	json_t *action;
	size_t i;

	json_array_foreach (json_object_get(request, "TransactItems"), i, action)
		json_array_append_new(responses, get(backend, json_object_get(action, "Get")));
	return json_pack("{s:o}", "Responses", responses);
}

static bool is_one_of(const json_t *value, const json_t *values)
{
	const char *name;
	json_t *other;

	json_object_foreach ((json_t *)(uintptr_t)values, name, other)
		if (json_equal(value, other))
			return true;
	return false;
}

/* The partition that is named; ranges of it are not looked at. */
static json_t *query(const struct request_backend *backend, const json_t *request)
{
	const char *index = json_string_value(json_object_get(request, "IndexName"));
	const json_t *values = json_object_get(request, "ExpressionAttributeValues");
	const char *partition = "pk";
	json_t *found = json_array();
	json_t *item;
	size_t i;

	if (index != NULL)
		partition = strcmp(index, "gsi1") == 0 ? "g1p" : "g2p";
	json_array_foreach (backend->shop, i, item)
		if (is_one_of(json_object_get(item, partition), values))
			json_array_append(found, item);
	return json_pack("{s:o,s:i}", "Items", found, "Count", (int)json_array_size(found));
}

static json_t *nothing(const struct request_backend *backend, const json_t *request)
{
	(void)backend;
	(void)request;
	return json_object();
}

static const struct {
	const char *operation;
	json_t *(*answer)(const struct request_backend *backend, const json_t *request);
} operations[] = {
	{"GetItem", get},        {"BatchGetItem", batch_get},
	{"Query", query},        {"TransactGetItems", transact_get},
	{"UpdateItem", update},  {"PutItem", nothing},
	{"DeleteItem", nothing}, {"TransactWriteItems", nothing},
};

static json_t *answer_of_shop(const struct request_backend *backend, const char *operation,
			      const json_t *request)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operation, operations[i].operation) == 0)
			return operations[i].answer(backend, request);
	abort();
}

/* ---- its refusals ---- */

static json_t *refusal(const char *name, const char *member, json_t *value)
{
	return json_pack("{s:s+,s:s,s:o*}", "__type", "com.amazonaws.dynamodb.v20120810#", name,
			 "message", REQUEST_BACKEND_CANARY, member, value);
}

static json_t *reason(const struct request_backend *backend, char why, json_t *action)
{
	const char *code = "None";
	json_t *item = NULL;

	if (why == 'x')
		code = "TransactionConflict";
	if (why == 't')
		code = "ThrottlingError";
	if (why == 'c') {
		json_t *body = json_object_iter_value(json_object_iter(action));

		code = "ConditionalCheckFailed";
		item = find(backend, json_object_get(body, "Key"));
	}
	return json_pack("{s:s,s:o*}", "Code", code, "Item", item);
}

static json_t *cancellation(const struct request_backend *backend, const json_t *request,
			    struct span letters)
{
	json_t *reasons = json_array();
	json_t *action;
	size_t i;

	json_array_foreach (json_object_get(request, "TransactItems"), i, action)
		json_array_append_new(reasons,
				      reason(backend, i < letters.len ? letters.data[i] : '-',
					     action));
	return refusal("TransactionCanceledException", "CancellationReasons", reasons);
}

/* ---- exchanges ---- */

static void answer(struct exchange *exchange, int status, struct span body)
{
	char head[HEAD_SIZE];
	int len = snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n\r\n",
			   status, body.len);

	http_answer_add(&exchange->answer, head, (size_t)len);
	if (body.len > 0)
		http_answer_add(&exchange->answer, body.data, body.len);
	exchange->was_sent = true;
	exchange->end =
		exchange->answer.state == HTTP_ANSWER_DONE ? EXCHANGE_ANSWERED : EXCHANGE_BROKEN;
}

static void answer_json(struct exchange *exchange, int status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	answer(exchange, status, span_of(text));
	free(text);
	json_decref(json);
}

static bool end_unanswered(struct exchange *exchange, char what)
{
	static const struct {
		char what;
		enum exchange_end end;
	} ends[] = {{'n', EXCHANGE_NO_ANSWER}, {'u', EXCHANGE_NOT_SENT},
		    {'b', EXCHANGE_BROKEN},    {'l', EXCHANGE_TOO_LONG},
		    {'t', EXCHANGE_TIMEOUT},   {'o', EXCHANGE_OVERLOADED}};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends[i].what != what)
			continue;
		exchange->end = ends[i].end;
		exchange->was_sent = what != 'u' && what != 'o';
		return true;
	}
	return false;
}

static void ask_shop(struct request_backend *backend, struct exchange *exchange, char what,
		     struct span rest)
{
	static const char target[] = "DynamoDB_20120810.";
	const char *text = buf_text(&exchange->request);
	const char *name = strstr(text, target);
	const char *body = strstr(text, "\r\n\r\n");
	json_t *request = json_loads(body + 4, JSON_REJECT_DUPLICATES, NULL);
	char operation[64];

	if (name == NULL || request == NULL)
		abort();
	name += strlen(target);
	snprintf(operation, sizeof(operation), "%.*s", (int)strcspn(name, "\r"), name);
	if (what == 'c')
		answer_json(exchange, 400,
			    refusal("ConditionalCheckFailedException", "Item",
				    find(backend, json_object_get(request, "Key"))));
	else if (what == 'x')
		answer_json(exchange, 400, cancellation(backend, request, rest));
	else
		answer_json(exchange, 200, answer_of_shop(backend, operation, request));
	json_decref(request);
}

static struct span next_part(struct request_backend *backend)
{
	struct span part = backend->script;
	const char *end = part.len > 0 ? memchr(part.data, SEPARATOR, part.len) : NULL;

	if (end != NULL)
		part.len = (size_t)(end - part.data);
	backend->script.data += part.len + (end != NULL);
	backend->script.len -= part.len + (end != NULL);
	return part;
}

static void end_exchange(struct request_backend *backend, struct exchange *exchange)
{
	struct span part = next_part(backend);
	char what = part.len > 0 ? part.data[0] : 's';
	struct span rest = {part.data + 1, part.len - 1};

	if (part.len > 0 && (what == '2' || what == '4' || what == '5'))
		answer(exchange, (what - '0') * 100, rest);
	else if (!end_unanswered(exchange, what))
		ask_shop(backend, exchange, what, rest);
	exchange->done(exchange);
}

static void wake(struct request_backend *backend)
{
	if (!loop_timer_set(backend->loop, &backend->timer, 0))
		abort();
}

static void on_timer(struct loop_timer *timer)
{
	struct request_backend *backend = timer->context;
	struct exchange *exchange = backend->waiting;

	backend->waiting = exchange->next;
	end_exchange(backend, exchange);
	if (backend->waiting != NULL)
		wake(backend);
}

static void start(struct transport *transport, struct exchange *exchange)
{
	struct request_backend *backend = (struct request_backend *)transport;
	struct exchange **end = &backend->waiting;

	while (*end != NULL)
		end = &(*end)->next;
	exchange->next = NULL;
	*end = exchange;
	wake(backend);
}

void request_backend_init(struct request_backend *backend, struct loop *loop)
{
	*backend = (struct request_backend){
		.transport = {.start = start},
		.loop = loop,
		.timer = {.fire = on_timer, .context = backend},
		.shop = json_array(),
	};
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		json_array_append_new(backend->shop, read_item(i));
}

void request_backend_play(struct request_backend *backend, struct span script)
{
	backend->script = script;
}
