/*
 * Publishes as the daemon does, for tests that stand on the other side of the wire.
 *
 * The settings come from the environment, as the daemon's do. Each line of standard input is a JSON
 * object:
 *
 *	{"op": "publish", "message": {…}}  to the topic
 *	{"op": "publish", "phone": "+4930123456", "message": {…}}  {"op": "publish", "endpoint": …}
 *	{"op": "batch", "messages": [{…}, …]}
 *
 * A message is {"body": "…", "attributes": {"name": "value"}, "group": "…", "deduplication": "…"}.
 * "deadline" may be given in seconds (3). One line of JSON is answered for each, when it is done.
 */
#include <string.h>

#include "driving.h"

enum { ATTRIBUTES_MAX = 8 };

struct driver {
	struct driving driving;
	struct sns_call call;
	struct sns_attribute attributes[SNS_BATCH_MAX][ATTRIBUTES_MAX];
};

static const char *const fates[] = {
	[SNS_UNSENT] = "unsent",
	[SNS_ACCEPTED] = "accepted",
	[SNS_REFUSED] = "refused",
	[SNS_UNKNOWN] = "unknown",
};

static struct sns_message message_of(json_t *object, struct sns_attribute *attributes)
{
	json_t *given = json_object_get(object, "attributes");
	size_t count = 0;

	for (void *at = json_object_iter(given); at && count < ATTRIBUTES_MAX;
	     at = json_object_iter_next(given, at))
		attributes[count++] =
			(struct sns_attribute){json_object_iter_key(at),
					       json_string_value(json_object_iter_value(at))};
	if (!text_of(object, "body"))
		give_up("a message has no body");
	return (struct sns_message){
		.body = text_of(object, "body"),
		.attributes = attributes,
		.attribute_count = count,
		.group = text_of(object, "group"),
		.deduplication_id = text_of(object, "deduplication"),
	};
}

static void publish(struct driver *driver, const json_t *order)
{
	struct sns_message message =
		message_of(json_object_get(order, "message"), driver->attributes[0]);
	struct sns_target target = {SNS_TOPIC, NULL};

	if (text_of(order, "phone"))
		target = (struct sns_target){SNS_PHONE, text_of(order, "phone")};
	if (text_of(order, "endpoint"))
		target = (struct sns_target){SNS_ENDPOINT, text_of(order, "endpoint")};
	sns_publish(&driver->driving.backend.sns, &driver->call, target, &message);
}

static void publish_batch(struct driver *driver, const json_t *order)
{
	json_t *list = json_object_get(order, "messages");
	struct sns_message messages[SNS_BATCH_MAX];
	size_t count = json_array_size(list);

	if (count == 0 || count > SNS_BATCH_MAX)
		give_up("no messages");
	for (size_t i = 0; i < count; i++)
		messages[i] = message_of(json_array_get(list, i), driver->attributes[i]);
	sns_publish_batch(&driver->driving.backend.sns, &driver->call, messages, count);
}

static void on_done(struct sns_call *call)
{
	((struct driver *)call->context)->driving.is_done = true;
}

static void print_outcomes(const struct driver *driver)
{
	const struct sns_call *call = &driver->call;

	printf("{\"result\":\"%s\",\"error\":\"%s\",\"calls\":%u,\"outcomes\":[",
	       result_name(call->result), call->error, driver->driving.await.usage.calls);
	for (size_t i = 0; i < call->count; i++)
		printf("%s{\"fate\":\"%s\",\"code\":\"%s\",\"sender\":%s}", i ? "," : "",
		       fates[call->outcomes[i].fate], call->outcomes[i].code,
		       call->outcomes[i].is_sender_fault ? "true" : "false");
	puts("]}");
}

static void follow(void *context, const json_t *order)
{
	struct driver *driver = context;
	const char *name = text_of(order, "op");

	driving_begin(&driver->driving, order);
	driver->call = (struct sns_call){.await = &driver->driving.await,
					 .done = on_done,
					 .context = driver};
	if (name && strcmp(name, "publish") == 0)
		publish(driver, order);
	else if (name && strcmp(name, "batch") == 0)
		publish_batch(driver, order);
	else
		give_up("no such operation");
	driving_wait(&driver->driving, &driver->driving.is_done);
	print_outcomes(driver);
	sns_call_clear(&driver->call);
}

int main(void)
{
	static struct driver driver;

	return driving_run(&driver.driving, follow, &driver);
}
