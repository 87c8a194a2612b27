/*
 * Performs DynamoDB operations as the daemon does, for tests that stand on the other side of the
 * wire.
 *
 * The settings come from the environment, as the daemon's do. Each line of standard input is a JSON
 * object that names an operation and gives what struct dynamodb_write, dynamodb_query and so on
 * hold:
 *
 *	{"op": "put", "pk": "a", "sk": "#", "item": "\"n\":{\"N\":\"1\"}", "condition": "…"}
 *	{"op": "update", "pk": "a", "sk": "#", "update": "SET …", "values": "{…}", "version": 3}
 *	{"op": "delete", …}  {"op": "get", "pk": "a", "sk": "#", "consistent": true}
 *	{"op": "query", "condition": "pk = :p", "values": "{…}", "limit": 2, "start": "{…}"}
 *	{"op": "transact_write", "writes": [{"action": "put", …}, …], "token": "…"}
 *	{"op": "transact_get", "keys": [["a", "#"], …]}  {"op": "batch_get", "keys": […]}
 *	{"op": "batch_write", "writes": […]}
 *	{"op": "describe_table"}  {"op": "create_table", "design": "…"}
 *	{"op": "enable_ttl", "attribute": "ttl"}
 *
 * "deadline" may be given in seconds (3). One line of JSON is answered for each, when it is done.
 */
#include <string.h>

#include "driving.h"

enum { LIST_MAX = 128 };

struct driver {
	struct driving driving;
	struct dynamodb_call call;
};

static struct dynamodb_key key_of(const json_t *object)
{
	struct dynamodb_key key = {text_of(object, "pk"), text_of(object, "sk")};

	if (!key.pk || !key.sk)
		give_up("a key is missing");
	return key;
}

static enum dynamodb_action action_of(const char *name)
{
	static const char *const names[] = {
		[DYNAMODB_PUT] = "put",
		[DYNAMODB_UPDATE] = "update",
		[DYNAMODB_DELETE] = "delete",
		[DYNAMODB_CHECK] = "check",
	};

	for (int i = DYNAMODB_PUT; i <= DYNAMODB_CHECK; i++) {
		if (name && strcmp(name, names[i]) == 0)
			return (enum dynamodb_action)i;
	}
	give_up("no such action");
	return DYNAMODB_CHECK;
}

static struct dynamodb_write write_of(const json_t *object, const char *action)
{
	return (struct dynamodb_write){
		.action = action_of(action),
		.key = key_of(object),
		.item = text_of(object, "item"),
		.update = text_of(object, "update"),
		.condition = text_of(object, "condition"),
		.names = text_of(object, "names"),
		.values = text_of(object, "values"),
		.expected_version =
			(uint64_t)json_integer_value(json_object_get(object, "version")),
	};
}

static size_t read_writes(const json_t *order, struct dynamodb_write *writes)
{
	const json_t *list = json_object_get(order, "writes");
	size_t count = json_array_size(list);

	if (count == 0 || count > LIST_MAX)
		give_up("no writes");
	for (size_t i = 0; i < count; i++) {
		const json_t *write = json_array_get(list, i);

		writes[i] = write_of(write, text_of(write, "action"));
	}
	return count;
}

static size_t read_keys(const json_t *order, struct dynamodb_key *keys)
{
	const json_t *list = json_object_get(order, "keys");
	size_t count = json_array_size(list);

	if (count == 0 || count > LIST_MAX)
		give_up("no keys");
	for (size_t i = 0; i < count; i++) {
		const json_t *key = json_array_get(list, i);

		keys[i].pk = json_string_value(json_array_get(key, 0));
		keys[i].sk = json_string_value(json_array_get(key, 1));
	}
	return count;
}

static bool is_consistent(const json_t *order)
{
	return json_is_true(json_object_get(order, "consistent"));
}

static void start_get(struct driver *driver, const json_t *order)
{
	dynamodb_get(&driver->driving.backend.repo.db, &driver->call, key_of(order),
		     is_consistent(order));
}

static void start_query(struct driver *driver, const json_t *order)
{
	const char *start = text_of(order, "start");
	struct dynamodb_query query = {
		.index = text_of(order, "index"),
		.condition = text_of(order, "condition"),
		.filter = text_of(order, "filter"),
		.projection = text_of(order, "projection"),
		.names = text_of(order, "names"),
		.values = text_of(order, "values"),
		.start_key = start ? span_of(start) : (struct span){0},
		.limit = (uint64_t)json_integer_value(json_object_get(order, "limit")),
		.is_backwards = json_is_true(json_object_get(order, "backwards")),
		.is_consistent = is_consistent(order),
	};

	dynamodb_query(&driver->driving.backend.repo.db, &driver->call, &query);
}

static void start_write(struct driver *driver, const json_t *order)
{
	struct dynamodb_write write = write_of(order, text_of(order, "op"));

	dynamodb_write(&driver->driving.backend.repo.db, &driver->call, &write);
}

static void start_transact_write(struct driver *driver, const json_t *order)
{
	struct dynamodb_write writes[LIST_MAX];
	size_t count = read_writes(order, writes);

	dynamodb_transact_write(&driver->driving.backend.repo.db, &driver->call, writes, count,
				text_of(order, "token"));
}

static void start_transact_get(struct driver *driver, const json_t *order)
{
	struct dynamodb_key keys[LIST_MAX];
	size_t count = read_keys(order, keys);

	dynamodb_transact_get(&driver->driving.backend.repo.db, &driver->call, keys, count);
}

static void start_batch_get(struct driver *driver, const json_t *order)
{
	struct dynamodb_key keys[LIST_MAX];
	size_t count = read_keys(order, keys);

	dynamodb_batch_get(&driver->driving.backend.repo.db, &driver->call, keys, count,
			   is_consistent(order));
}

static void start_batch_write(struct driver *driver, const json_t *order)
{
	struct dynamodb_write writes[LIST_MAX];
	size_t count = read_writes(order, writes);

	dynamodb_batch_write(&driver->driving.backend.repo.db, &driver->call, writes, count);
}

static void start_describe_table(struct driver *driver, const json_t *order)
{
	(void)order;
	dynamodb_describe_table(&driver->driving.backend.repo.db, &driver->call);
}

static void start_create_table(struct driver *driver, const json_t *order)
{
	dynamodb_create_table(&driver->driving.backend.repo.db, &driver->call,
			      text_of(order, "design"));
}

static void start_enable_ttl(struct driver *driver, const json_t *order)
{
	dynamodb_enable_ttl(&driver->driving.backend.repo.db, &driver->call,
			    text_of(order, "attribute"));
}

static const struct {
	const char *name;
	void (*start)(struct driver *driver, const json_t *order);
} operations[] = {
	{"get", start_get},
	{"query", start_query},
	{"put", start_write},
	{"update", start_write},
	{"delete", start_write},
	{"transact_write", start_transact_write},
	{"transact_get", start_transact_get},
	{"batch_get", start_batch_get},
	{"batch_write", start_batch_write},
	{"describe_table", start_describe_table},
	{"create_table", start_create_table},
	{"enable_ttl", start_enable_ttl},
};

static void on_done(struct dynamodb_call *call)
{
	((struct driver *)call->context)->driving.is_done = true;
}

static void start(struct driver *driver, const json_t *order)
{
	const char *name = text_of(order, "op");

	driving_begin(&driver->driving, order);
	driver->call = (struct dynamodb_call){.await = &driver->driving.await,
					      .done = on_done,
					      .context = driver};
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (name && strcmp(name, operations[i].name) == 0) {
			operations[i].start(driver, order);
			return;
		}
	}
	give_up("no such operation");
}

static void print_span(const char *name, struct span text)
{
	if (text.data)
		printf(",\"%s\":%.*s", name, (int)text.len, text.data);
}

static void print_reasons(const struct dynamodb_call *call)
{
	if (!call->reasons)
		return;
	printf(",\"reasons\":[");
	for (size_t i = 0; i < call->failed_count; i++) {
		printf("%s{\"failed\":%s", i ? "," : "",
		       call->reasons[i].is_condition ? "true" : "false");
		print_span("item", call->reasons[i].item);
		putchar('}');
	}
	putchar(']');
}

static void print_outcome(const struct driver *driver, const json_t *order)
{
	const struct usage *usage = &driver->driving.await.usage;

	printf("{\"op\":\"%s\",\"result\":\"%s\",\"read\":%g,\"write\":%g,\"calls\":%u",
	       text_of(order, "op"), result_name(driver->call.result),
	       (double)usage->read_millis / 1000, (double)usage->write_millis / 1000, usage->calls);
	print_span("item", driver->call.item);
	print_span("items", driver->call.items);
	print_span("last_key", driver->call.last_key);
	print_span("table", driver->call.table);
	print_reasons(&driver->call);
	puts("}");
}

static void follow(void *context, const json_t *order)
{
	struct driver *driver = context;

	start(driver, order);
	driving_wait(&driver->driving, &driver->driving.is_done);
	print_outcome(driver, order);
	dynamodb_call_clear(&driver->call);
}

int main(void)
{
	static struct driver driver;

	return driving_run(&driver.driving, follow, &driver);
}
