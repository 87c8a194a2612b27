#include "api/contract.h"

#include <stdio.h>

#include "base/digest.h"
#include "http/reply.h"

/* A file as it is, among the program's constants. Its names are global for LTO's sake. */
#define EMBED(name, file)                                                    \
	__asm__(".pushsection .rodata\n"                                     \
		".globl " name "\n.hidden " name "\n" name ":\n"             \
		".incbin \"" file "\"\n"                                     \
		".globl " name "_end\n.hidden " name "_end\n" name "_end:\n" \
		".popsection\n")

EMBED("contract_openapi", "docs/openapi.json");
EMBED("contract_page", "src/api/docs.html");

extern const char contract_openapi[];
extern const char contract_openapi_end[];
extern const char contract_page[];
extern const char contract_page_end[];

enum { TAG_SIZE = sizeof("12345678") };

static enum flow reply_file(struct request *rq, const char *content_type, const char *bytes,
			    const char *end)
{
	struct span file = {bytes, (size_t)(end - bytes)};
	char tag[TAG_SIZE];

	snprintf(tag, sizeof(tag), "%08x", (unsigned)digest_crc32(file.data, file.len));
	reply_etag(rq, tag);
	if (request_none_match_holds(rq, tag))
		return reply_empty(rq, 304);
	return reply_constant(rq, 200, content_type, file);
}

static enum flow answer_openapi(struct request *rq)
{
	return reply_file(rq, "application/json", contract_openapi, contract_openapi_end);
}

const struct endpoint get_openapi = {.steps = STEPS(answer_openapi)};

/* The page's own policy (docs.html) lets its script alone run; no other page may frame it. */
static enum flow answer_docs(struct request *rq)
{
	reply_header(rq, "X-Frame-Options", "DENY");
	return reply_file(rq, "text/html; charset=utf-8", contract_page, contract_page_end);
}

const struct endpoint get_docs = {.steps = STEPS(answer_docs)};
