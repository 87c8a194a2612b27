/*
 * Access control: who calls, and whether the route's row (who.h) lets him. The one place where that
 * is decided; what it protects against is in docs/security.md.
 *
 *	1. When the head is there, access_begin finds out who calls and judges by the route alone:
 *	   401 for what is shown and is no good, or nothing was shown where something is needed; 403
 *	   naming the scope that is missing. What the caller shows himself counts; what a load
 *	   balancer says of him (x-amzn-oidc-data) only when he shows nothing.
 *	   Where that cannot be told before a key has been fetched, the engine waits for the key
 *	   first, and then access_take_caller does the same. 503 when it still cannot be told, and
 *	   at once for endpoints that stream, since they begin with the head.
 *	2. Where the path names something that has an owner, the engine looks for him before the
 *	   first step: another's is 404, as if it were not there. What has no owner is a guest's,
 *	   and whoever knows its id may.
 *	3. Where a body names such a thing, the endpoint does the same with two steps' help:
 *	   access_find_owner, access_judge_owner.
 *
 * Without a `struct access` nobody is asked, and everybody is staff with all scopes.
 */
#ifndef SHOPD_HTTP_ACCESS_H
#define SHOPD_HTTP_ACCESS_H

#include "base/owner.h"
#include "http/api_key.h"
#include "http/jwt.h"
#include "http/request.h"

struct shown_token {
	const char *text;
	enum token_form form;
};

/* One for each server's thread, which alone changes it. */
struct access {
	struct api_keys *keys; /* NULL: there are none */
	struct digest *digest;
	/* That of repo/owner_repo.h, handed in by the daemon. */
	void (*find_owner)(struct repo *repo, enum owner_of of, const char *id, struct owner *out,
			   struct await *await);
	/*
	 * Tokens that are none of our keys; NULL: there are none. JWT_OK with a caller whose texts
	 * are in the request's arena.
	 */
	enum jwt_result (*read_token)(void *context, struct request *rq,
				      const struct shown_token *token, struct caller *caller);
	/* Waits until read_token may tell more than JWT_KEY_AWAITED of a token. */
	void (*await_token)(void *context, const struct shown_token *token, struct await *await);
	bool has_balancers; /* whether x-amzn-oidc-data is looked at */
	void *context;
};

/*
 * Sets rq->caller. A reply is made when he may not, or not so often (throttle.h). The query has
 * been read.
 */
void access_begin(struct request *rq);

/* For flow.c: starts waiting until it can be told who calls; false when it has been told. */
bool access_begin_caller(struct request *rq);
/* Behind that: sets rq->caller. A reply is made when he may not, or it still cannot be told. */
void access_take_caller(struct request *rq);

/* For flow.c: starts looking for the owner of what the path names; false when nothing is to do. */
bool access_begin_owner(struct request *rq);

/*
 * For steps: begins to look whose it is. FLOW_NEXT when it does not matter, for everybody or with
 * this scope; then the next step, which must be access_judge_owner, has nothing to do either.
 */
enum flow access_find_owner(struct request *rq, enum owner_of of, const char *id, enum scope scope);

/*
 * A step, and what the engine does behind access_begin_owner: 404 when it is another's, and when it
 * is not there. So what the endpoint would say of the rest of the request tells nobody which.
 */
enum flow access_judge_owner(struct request *rq);

/* Whom the query's user_id names, or else the shopper who calls; NULL: neither. */
const char *access_named_user(const struct request *rq);

/* Whether the caller is staff with this scope, as everybody is where nobody is asked. */
bool access_has_scope(const struct request *rq, enum scope scope);

/* Whether the caller may act for this user: he is the one, or staff with this scope. */
bool access_is_for(const struct request *rq, const char *user_id, enum scope scope);

#endif
