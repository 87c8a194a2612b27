#include "repo/user_repo.h"

#include <stdio.h>
#include <string.h>

#include "domain/user.h"
#include "repo/partition_list.h"
#include "repo/person_removal.h"
#include "repo/record_find.h"
#include "repo/repo_write.h"
#include "repo/user_item.h"

/* ------------------------------------------------------------------ reading */

void user_repo_find(struct repo *repo, const char *id, struct record *out, struct await *await)
{
	struct record_find *find = repo_begin(await, sizeof(*find), id, RESULT_NOT_FOUND);

	if (!find)
		return;
	find->repo = repo;
	find->await = await;
	find->out = out;
	memcpy(find->id, id, ID_SIZE);
	user_item_key(id, find->pk);
	snprintf(find->sk, sizeof(find->sk), "#");
	record_find_run(find);
}

/* ------------------------------------------------------------------ listing */

void user_repo_list(struct repo *repo, size_t limit, const char *cursor, struct list_page *out,
		    struct await *await)
{
	partition_list_find(repo,
			    &(struct partition_list_query){
				    .index = PARTITION_GSI2,
				    .partition = "USER",
				    .is_sharded = true,
				    .is_descending = true,
				    .limit = limit,
				    .cursor = cursor,
			    },
			    out, await);
}

void user_repo_show_entry(const struct repo *repo, struct span entry, struct buf *out)
{
	static const char *const shown[] = {"name", "email", "version", "created_at", "updated_at"};
	struct item item;
	struct span key;

	(void)!item_view(&item, entry); /* an empty one when it is none */
	key = item_raw_string(&item, repo->db.partition_key);
	buf_add_char(out, '{');
	if (key.len == 2 + ID_LEN) {
		buf_add_str(out, "\"id\":\"");
		buf_add(out, key.data + 2, ID_LEN);
		buf_add_char(out, '"');
	}
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		attribute_show(span_of(shown[i]), item_get(&item, shown[i]), out);
	buf_add_char(out, '}');
}

/* ------------------------------------------------------------------ creating */

/* In which order things are written: reasons come in the same. */
enum { USER, LOCK, MARK, CREATE_WRITES };

struct create {
	struct repo *repo;
	struct await *await;
	struct record *out;
	char id[ID_SIZE];
	bool is_given; /* the id; another user may have, or have had, the same */
	struct dynamodb_call call;
};

static enum result take_created(const struct create *create, const struct dynamodb_call *call)
{
	if (call->result != RESULT_CONFLICT)
		return call->result;
	if (create->is_given && call->reasons[USER].is_condition)
		return RESULT_CONFLICT;
	if (create->is_given && call->reasons[MARK].is_condition)
		return RESULT_IN_USE;
	/* Of 74 random bits the same came twice: more likely our own write, of unknown fate. */
	return call->reasons[USER].is_condition ? RESULT_UNKNOWN : RESULT_EXISTS;
}

static void on_created(struct dynamodb_call *call)
{
	struct create *create = call->context;
	enum result result = take_created(create, call);

	dynamodb_call_clear(call);
	await_finish(create->await, result);
}

static enum result write_new(struct create *create, const json_t *user, const char *members)
{
	char pk[RECORD_KEY_SIZE];
	char email_key[RECORD_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char lock[USER_LOCK_SIZE];
	struct person_mark_gone mark;
	struct dynamodb_write writes[CREATE_WRITES] = {
		[USER] = {.key = {pk, "#"},
			  .item = members,
			  .condition = "attribute_not_exists(#p)",
			  .names = names},
		[LOCK] = {.key = {email_key, "#"},
			  .item = lock,
			  .condition = "attribute_not_exists(#p)",
			  .names = names},
	};

	if (!user_item_email_key(create->repo, field_text(json_object_get(user, "email")),
				 email_key))
		return RESULT_NO_MEMORY;
	user_item_key(create->id, pk);
	repo_key_names(create->repo, names);
	user_item_lock(create->id, lock);
	person_removal_write_gone(create->repo, create->id, &mark, &writes[MARK]);
	create->call.await = create->await;
	create->call.done = on_created;
	create->call.context = create;
	return repo_write(create->repo, &create->call, writes,
			  create->is_given ? CREATE_WRITES : MARK);
}

static void choose_id(struct create *create, const char *id)
{
	create->is_given = id != NULL;
	if (id)
		memcpy(create->id, id, ID_SIZE);
	else
		id_make_ordered(clock_wall_ms(create->repo->clock), create->id);
}

static enum result create_user(struct create *create, const json_t *user)
{
	struct buf item = {0};
	int64_t now_ms = clock_wall_ms(create->repo->clock);
	char now[CLOCK_RFC3339_SIZE];
	enum result result = RESULT_NO_MEMORY;

	clock_format_rfc3339(now_ms, now);
	buf_init(&item, RECORD_ITEM_MAX);
	user_item_write(create->repo, create->id, user, now, &item);
	if (record_keep_new(create->id, &item, create->await->arena, create->out))
		result = write_new(create, user, buf_text(&item));
	buf_clear(&item);
	return result;
}

void user_repo_create(struct repo *repo, const char *id, const json_t *user, struct record *out,
		      struct await *await)
{
	struct create *create = await_begin(await, sizeof(*create));
	enum result result;

	if (!create)
		return;
	create->repo = repo;
	create->await = await;
	create->out = out;
	choose_id(create, id);
	result = create_user(create, user);
	if (result != RESULT_OK)
		await_finish(await, result);
}
