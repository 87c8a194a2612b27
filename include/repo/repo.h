/*
 * What all repositories of one worker share.
 *
 * A repository knows how an entity is stored: keys, items, conditions, transactions. Its functions
 * take the repo, what to do, where to put what came of it (in the waiter's memory; it means
 * something only after RESULT_OK), and last the await that they finish exactly once. Texts that
 * they hand out live in the await's arena.
 */
#ifndef SHOPD_REPO_REPO_H
#define SHOPD_REPO_REPO_H

#include <stdint.h>

#include "aws/dynamodb.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/id.h"

struct repo {
	struct dynamodb db;
	const struct clock *clock;
	struct digest *digest;
	uint32_t write_shards;                  /* a power of two */
	char writer[ID_SIZE];                   /* this worker, in what it writes to the outbox */
	uint8_t cursor_key[DIGEST_SHA256_SIZE]; /* made from the table's id, see table_repo.h */
	struct repo_bell {                      /* who publishes what is in the outbox */
		void (*ring)(void *context, uint32_t shard); /* NULL: nobody here */
		void *context;
	} bell;
};

enum { REPO_NAMES_SIZE = 300 /* {"#p":"…"} with a name of 255 characters without escapes */ };

/*
 * Begins an operation on what has this id: memory of its own, zeroed, of the await's arena. NULL:
 * the operation is over, with `missing` for what is no id, or RESULT_NO_MEMORY.
 */
void *repo_begin(struct await *await, size_t size, const char *id, enum result missing);

/* The names of an expression in which the partition key is #p and nothing else has a #. */
void repo_key_names(const struct repo *repo, char names[static REPO_NAMES_SIZE]);

/*
 * Makes it the write's condition that nothing is there, or only what DynamoDB has not removed yet
 * though its time to live is over. The texts must live as long as the write.
 */
struct repo_vacancy {
	char names[REPO_NAMES_SIZE + sizeof(",\"#t\":\"ttl\"")];
	char values[64];
};
void repo_require_vacancy(const struct repo *repo, int64_t now_s, struct repo_vacancy *texts,
			  struct dynamodb_write *write);

#endif
