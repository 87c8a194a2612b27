/*
 * One batch of events on its way to the topic, or without a topic to the log.
 */
#ifndef SHOPD_NOTIFY_PUBLISH_BATCH_H
#define SHOPD_NOTIFY_PUBLISH_BATCH_H

#include <stddef.h>

#include "aws/sns.h"
#include "repo/outbox_page.h"

/* Zeroed at birth; lives until its done was called. */
struct publish_batch {
	/* in */
	const struct sns *sns;
	struct await *await; /* deadline, arena; not finished by this */
	size_t count;
	struct outbox_told *events[SNS_BATCH_MAX];
	void (*done)(struct publish_batch *batch); /* exactly once, never from within the start */
	void *context;

	/* out: as in struct sns_call */
	enum result result;
	char error[AWS_ERROR_SIZE];
	struct sns_outcome outcomes[SNS_BATCH_MAX];

	/* private */
	struct loop_task task;
	struct sns_call call;
};

void publish_batch_start(struct publish_batch *batch);

#endif
