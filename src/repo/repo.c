#include "repo/repo.h"

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
