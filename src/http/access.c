#include "http/access.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/connection.h"
#include "http/reply.h"
#include "http/throttle.h"

enum { BY_MAX = API_KEY_NAME_MAX + 16 };

static const struct access *access_of(const struct request *rq)
{
	const struct server *server = rq->connection != NULL ? rq->connection->server : NULL;

	return server != NULL ? server->options.access : NULL;
}

bool access_has_scope(const struct request *rq, enum scope scope)
{
	return access_of(rq) == NULL || scope_is_in(rq->caller.scopes, scope);
}

static bool is_user(const struct request *rq, const char *user_id)
{
	return rq->caller.kind == CALLER_SHOPPER && strcmp(rq->caller.id, user_id) == 0;
}

bool access_is_for(const struct request *rq, const char *user_id, enum scope scope)
{
	return access_has_scope(rq, scope) || is_user(rq, user_id);
}

/* ---- who calls ---- */

/* What the caller shows; NULL for nothing. The scheme of another kind is not good either. */
static const char *shown(const struct request *rq)
{
	static const char scheme[] = "Bearer ";
	const char *key = request_header(rq, "X-Api-Key");
	const char *authorization = request_header(rq, "Authorization");

	if (key != NULL)
		return key;
	if (authorization == NULL)
		return NULL;
	if (strncasecmp(authorization, scheme, strlen(scheme)) != 0)
		return "";
	authorization += strlen(scheme);
	return authorization + strspn(authorization, " ");
}

/* False when the key is no good. */
static bool read_key(const struct access *access, struct request *rq, const char *text,
		     struct caller *caller)
{
	int64_t now_s = clock_wall_ms(loop_clock(rq->connection->server->options.loop)) / 1000;
	struct api_key_owner owner;
	char by[BY_MAX];

	if (access->keys == NULL ||
	    !api_keys_check(access->keys, access->digest, text, now_s, &owner))
		return false;
	/* The set may be another one before the request has ended. */
	snprintf(by, sizeof(by), "staff:%s", owner.name);
	*caller = (struct caller){
		.kind = CALLER_STAFF,
		.id = arena_copy(&rq->arena, owner.name, strlen(owner.name)),
		.scopes = owner.scopes,
		.by = arena_copy(&rq->arena, by, strlen(by)),
	};
	return caller->id != NULL && caller->by != NULL;
}

/* What he shows, or else what a load balancer says of him. */
static struct shown_token token_of(const struct access *access, const struct request *rq)
{
	struct shown_token token = {shown(rq), TOKEN_BEARER};

	if (token.text == NULL && access->has_balancers)
		token = (struct shown_token){request_header(rq, "x-amzn-oidc-data"),
					     TOKEN_BALANCED};
	return token;
}

static enum jwt_result read_caller(const struct access *access, struct request *rq)
{
	struct shown_token token = token_of(access, rq);

	if (token.text == NULL)
		return JWT_OK;
	if (token.form == TOKEN_BEARER && api_key_is_one(token.text))
		return read_key(access, rq, token.text, &rq->caller) ? JWT_OK : JWT_MALFORMED;
	if (access->read_token == NULL)
		return JWT_MALFORMED;
	return access->read_token(access->context, rq, &token, &rq->caller);
}

/* JWT_OK: it is known who he is, or he is nobody. */
static enum jwt_result identify(struct request *rq)
{
	const struct access *access = access_of(rq);

	rq->caller = (struct caller){CALLER_STAFF, "", scope_bit(SCOPE_ADMIN), "staff"};
	if (access == NULL)
		return JWT_OK;
	rq->caller = (struct caller){CALLER_NOBODY, "", 0, "guest"};
	return read_caller(access, rq);
}

/* ---- whether he may ---- */

static void reply_unauthenticated(struct request *rq, const char *error, const char *detail)
{
	/* RFC 6750, section 3. */
	reply_header(rq, "WWW-Authenticate", "Bearer realm=\"shopd\"%s", error);
	reply_problem_members(rq, "unauthenticated", NULL, detail);
}

static void reply_forbidden(struct request *rq)
{
	const char *scope = scope_names[rq->route->who.scope];

	reply_header(rq, "WWW-Authenticate",
		     "Bearer realm=\"shopd\", error=\"insufficient_scope\", scope=\"%s\"", scope);
	reply_problem(rq, "forbidden", "This needs the scope %s.", scope);
}

const char *access_named_user(const struct request *rq)
{
	const char *user = request_query(rq, "user_id");

	return user == NULL && rq->caller.kind == CALLER_SHOPPER ? rq->caller.id : user;
}

static void judge(struct request *rq)
{
	const struct who who = rq->route->who;
	const char *user = who.owned == OWNED_USER ? rq->param[0] : access_named_user(rq);

	if (who.owned == OWNED_ANYONE || access_has_scope(rq, who.scope))
		return;
	switch (who.owned) {
	case OWNED_USER:
	case OWNED_BY_QUERY:
		if (rq->caller.kind == CALLER_SHOPPER) {
			if (!is_user(rq, user))
				reply_problem(rq, "user-not-found", NULL);
			return;
		}
		break;
	case OWNED_SELF:
		if (rq->caller.kind == CALLER_SHOPPER)
			return;
		break;
	case OWNED_CART:
	case OWNED_CHECKOUT:
	case OWNED_ORDER:
		if (rq->caller.kind != CALLER_STAFF)
			return; /* access_begin_owner goes on */
		break;
	case OWNED_NOT:
	case OWNED_ANYONE:
		break;
	}
	if (rq->caller.kind == CALLER_NOBODY)
		reply_unauthenticated(rq, "", "Send a key or a token: not everybody may do this.");
	else
		reply_forbidden(rq);
}

static void reply_unidentified(struct request *rq, enum jwt_result result)
{
	if (result == JWT_KEY_AWAITED)
		reply_problem(rq, "unavailable",
			      "Who you are cannot be told yet: the load balancer's key is being "
			      "fetched.");
	else
		reply_unauthenticated(rq, ", error=\"invalid_token\"",
				      "The key or token that was sent is not, or no longer, good.");
}

static void conclude(struct request *rq, enum jwt_result result)
{
	if (result == JWT_OK)
		judge(rq);
	else
		reply_unidentified(rq, result);
	rq->await.by = rq->caller.by;
}

void access_begin(struct request *rq)
{
	enum jwt_result result = identify(rq);
	bool is_admitted = throttle_admit(rq);

	rq->is_caller_awaited = result == JWT_KEY_AWAITED && rq->route->endpoint->stream == NULL;
	if (is_admitted && !rq->is_caller_awaited)
		conclude(rq, result);
}

bool access_begin_caller(struct request *rq)
{
	const struct access *access = access_of(rq);
	struct shown_token token;

	if (!rq->is_caller_awaited)
		return false;
	token = token_of(access, rq);
	access->await_token(access->context, &token, &rq->await);
	return true;
}

void access_take_caller(struct request *rq)
{
	rq->await.usage.wait_us = 0; /* it was not the database's */
	conclude(rq, identify(rq));
}

/* ---- whose it is ---- */

enum flow access_find_owner(struct request *rq, enum owner_of of, const char *id, enum scope scope)
{
	static const char *const problems[] = {
		[OWNER_OF_CART] = "cart-not-found",
		[OWNER_OF_CHECKOUT] = "checkout-not-found",
		[OWNER_OF_ORDER] = "order-not-found",
	};

	rq->search.problem = NULL;
	if (access_has_scope(rq, scope))
		return FLOW_NEXT;
	rq->search.problem = problems[of];
	access_of(rq)->find_owner(rq->repo, of, id, &rq->search.owner, &rq->await);
	return FLOW_WAIT;
}

enum flow access_judge_owner(struct request *rq)
{
	const struct owner *owner = &rq->search.owner;

	if (rq->search.problem == NULL)
		return FLOW_NEXT;
	if (rq->await.result != RESULT_NOT_FOUND &&
	    (owner->user_id[0] == '\0' || is_user(rq, owner->user_id)))
		return FLOW_NEXT;
	return reply_problem(rq, rq->search.problem, NULL);
}

bool access_begin_owner(struct request *rq)
{
	enum owner_of of = OWNER_OF_CART;

	switch (rq->route->who.owned) {
	case OWNED_CART:
		break;
	case OWNED_CHECKOUT:
		of = OWNER_OF_CHECKOUT;
		break;
	case OWNED_ORDER:
		of = OWNER_OF_ORDER;
		break;
	case OWNED_NOT:
	case OWNED_ANYONE:
	case OWNED_USER:
	case OWNED_SELF:
	case OWNED_BY_QUERY:
		return false;
	}
	return access_find_owner(rq, of, rq->param[0], rq->route->who.scope) == FLOW_WAIT;
}
