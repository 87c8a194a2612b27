/*
 * SNS's operations: Publish (to the topic, a phone number or a mobile endpoint) and PublishBatch
 * (up to ten messages to the topic).
 *
 * Each message has its own fate, for an answer that says 200 can still hold entries that SNS did
 * not take. Only SNS_ACCEPTED means that SNS has the message; everything else has to be sent again
 * or given up, and what is sent again may arrive twice, except at a FIFO topic within five minutes.
 *
 * Texts are UTF-8. Characters that SNS does not take (those that XML cannot hold: control
 * characters but tab and line ends, U+FFFE, U+FFFF) are sent as U+FFFD, so that no message is
 * refused forever because of a character.
 *
 * Source: Amazon SNS API Reference, version 2010-03-31.
 */
#ifndef SHOPD_AWS_SNS_H
#define SHOPD_AWS_SNS_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/aws_call.h"
#include "base/await.h"

enum {
	SNS_BATCH_MAX = 10,
	SNS_SIZE_MAX = 256 * 1024, /* bytes of all messages of a request, see sns_message_size */
	SNS_ANSWER_MAX = 64 * 1024,
	SNS_WHY_SIZE = 256,
};

struct sns {
	struct aws_client *client; /* by aws_protocol_query */
	struct loop *loop;
	const char *topic_arn; /* NULL: only phone numbers and endpoints */
};

/* True for the ARN of a FIFO topic. */
bool sns_topic_is_fifo(const char *topic_arn);

struct sns_attribute {
	const char *name;  /* letters, digits, "_", "-", single "."; at most 256 */
	const char *value; /* of type String; not empty */
};

/* Texts are borrowed during the starting call only. */
struct sns_message {
	const char *body; /* not empty */
	const struct sns_attribute *attributes;
	size_t attribute_count;
	/* For FIFO topics, others are not told; 1 to 128 letters, digits and ASCII punctuation. */
	const char *group;
	const char *deduplication_id;
};

/* Bytes as SNS counts them: the body, and the names, types and values of attributes. */
size_t sns_message_size(const struct sns_message *message);

enum sns_fate {
	SNS_UNSENT, /* SNS does not have it: not sent, or the request as a whole was not taken */
	SNS_ACCEPTED,
	SNS_REFUSED, /* this very message, for the reason given */
	SNS_UNKNOWN, /* sent, and no answer told what became of it */
};

struct sns_outcome {
	enum sns_fate fate;
	/* refused */
	bool is_sender_fault;       /* it will be refused again, as long as it is as it is */
	char code[AWS_ERROR_SIZE];  /* "InvalidParameter"; "" for none */
	char message[SNS_WHY_SIZE]; /* SNS's words on one line; may name a phone number */
};

/* One request under way. Zeroed at birth; lives until its done was called and it was cleared. */
struct sns_call {
	/* in */
	struct await *await;                 /* deadline, trace, account */
	void (*done)(struct sns_call *call); /* exactly once, never from within the start */
	void *context;

	/* out, valid in done and until sns_call_clear */
	enum result result;         /* RESULT_OK: the outcomes tell; else a failure */
	char error[AWS_ERROR_SIZE]; /* the error's name, if SNS refused the request as a whole */
	size_t count;
	struct sns_outcome outcomes[SNS_BATCH_MAX]; /* for each message, in order */

	/* private */
	const struct sns *sns;
	struct aws_call call;
	struct loop_task task;
	bool is_batch;
	bool is_to_topic;
};

void sns_call_clear(struct sns_call *call);

enum sns_target_kind { SNS_TOPIC, SNS_PHONE, SNS_ENDPOINT };

struct sns_target {
	enum sns_target_kind kind;
	const char *address; /* PHONE: "+4930123456"; ENDPOINT: an ARN; TOPIC: NULL, it is sns's */
};

/*
 * One message to one target. RESULT_OK with SNS_REFUSED when that message or target is the reason:
 * InvalidParameter; of a phone or endpoint also EndpointDisabled, NotFound, AuthorizationError …
 * (sns_answer.h). A topic that is not there, or that may not be published to, is a failure. The
 * publisher sends to the topic in batches, so that is for one that has a single message.
 */
void sns_publish(const struct sns *sns, struct sns_call *call, struct sns_target target,
		 const struct sns_message *message);

/*
 * 1 to SNS_BATCH_MAX messages to the topic. What SNS would refuse for its form is SNS_REFUSED
 * without being sent. What does not fit into SNS_SIZE_MAX with those before it stays SNS_UNSENT,
 * and so does all behind it; the first message that is not refused is always sent. SNS takes the
 * others when it refuses one, so order within a group is lost with a refusal.
 */
void sns_publish_batch(const struct sns *sns, struct sns_call *call,
		       const struct sns_message *messages, size_t count);

#endif
