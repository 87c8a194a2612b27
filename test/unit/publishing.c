#include "publishing.h"

#include <check.h>
#include <string.h>

void publishing_init(struct publishing *publishing)
{
	struct aws_client_options options;

	*publishing = (struct publishing){0};
	scripted_repo_init(&publishing->on);
	memcpy(publishing->on.repo.writer, WRITER, sizeof(WRITER));
	options = publishing->on.aws.options;
	options.service = "sns";
	options.protocol = &aws_protocol_query;
	options.policy = &retry_policy_standard;
	publishing->client = aws_client_new(&options);
	ck_assert_ptr_nonnull(publishing->client);
	publishing->sns =
		(struct sns){publishing->client, publishing->on.aws.script.loop, SNS_TOPIC_ARN};
}

void publishing_clear(struct publishing *publishing)
{
	aws_client_free(publishing->client);
	scripted_repo_clear(&publishing->on);
}

void ck_assert_published(const struct publishing *publishing, size_t request, const char *part)
{
	const struct script *script = &publishing->on.aws.script;

	ck_assert_uint_lt(request, script->request_count);
	ck_assert_ptr_nonnull(strstr(script->requests[request].text, "Action=Publish"));
	ck_assert_msg(strstr(script->requests[request].text, part) != NULL, "not sent: %s\nin: %s",
		      part, script->requests[request].text);
}
