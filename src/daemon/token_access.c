#include "daemon/token_access.h"

#include <string.h>

#include "base/log.h"

bool token_access_check(const struct config *config, struct buf *mistakes)
{
	struct group_scopes groups;
	char memory[512];
	struct buf mistake;

	buf_init_over(&mistake, memory, sizeof(memory));
	if (!config->group_scopes ||
	    group_scopes_read(&groups, config->group_scopes, scope_names, &mistake))
		return true;
	buf_add_format(mistakes, "SHOPD_GROUP_SCOPES: %s\n", buf_text(&mistake));
	return false;
}

struct tokens *token_access_new(const struct backend *backend)
{
	const struct config *config = backend->config;
	const struct tokens_options options = {
		.issuer = config->jwt_issuer,
		.audiences = config->jwt_audience,
		.signers = config->balancers,
		.signer_keys = config->balancer_keys,
		.groups = config->group_scopes,
		.scopes = scope_names,
		.digest = backend->digest,
		.keys = {config->jwks_file, config->jwks_url, backend->loop,
			 http_client_transport(backend->http_client)},
	};

	return tokens_new(&options);
}

enum jwt_result token_access_read(void *context, struct request *rq,
				  const struct shown_token *token, struct caller *caller)
{
	struct tokens *tokens = context;
	struct jwt_subject subject;
	enum jwt_result result = tokens_check(tokens, span_of(token->text), token->form, &subject);
	const char *id;

	if (result != JWT_OK) {
		log_event(LOG_DEBUG, "a token is refused",
			  LOG_F_STR("why", jwt_result_text(result)));
		return result;
	}
	id = arena_copy(&rq->arena, subject.id, strlen(subject.id));
	if (!id)
		return JWT_NO_MEMORY;
	*caller = (struct caller){CALLER_SHOPPER, id, subject.scopes, "shopper"};
	return JWT_OK;
}

void token_access_await(void *context, const struct shown_token *token, struct await *await)
{
	tokens_await(context, span_of(token->text), await);
}
