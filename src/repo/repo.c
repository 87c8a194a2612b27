#include "repo/repo.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"

void *repo_begin(struct await *await, size_t size, const char *id, enum result missing)
{
	if (id_is_valid(id))
		return await_begin(await, size);
	await_start(await);
	await_finish(await, missing);
	return NULL;
}

void repo_key_names(const struct repo *repo, char names[static REPO_NAMES_SIZE])
{
	struct buf out;

	buf_init_over(&out, names, REPO_NAMES_SIZE);
	buf_add_str(&out, "{\"#p\":\"");
	buf_add_str(&out, repo->db.partition_key);
	buf_add_str(&out, "\"}");
}

void repo_require_vacancy(const struct repo *repo, int64_t now_s, struct repo_vacancy *texts,
			  struct dynamodb_write *write)
{
	snprintf(texts->names, sizeof(texts->names), "{\"#p\":\"%s\",\"#t\":\"ttl\"}",
		 repo->db.partition_key);
	snprintf(texts->values, sizeof(texts->values), "{\":now\":{\"N\":\"%" PRId64 "\"}}", now_s);
	write->condition = "attribute_not_exists(#p) OR #t <= :now";
	write->names = texts->names;
	write->values = texts->values;
}
