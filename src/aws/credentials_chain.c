#include "aws/credentials_chain.h"

#include "aws/provider_container.h"
#include "aws/provider_environment.h"
#include "aws/provider_instance.h"
#include "aws/provider_profile.h"
#include "aws/provider_web_identity.h"

static const struct provider_kind *const chain[] = {
	&provider_environment, &provider_web_identity, &provider_profile,
	&provider_container,   &provider_instance,
};

enum { CHAIN_LEN = sizeof(chain) / sizeof(chain[0]), NAME_WIDTH = 14 };

const struct provider_kind *credentials_chain_choose(const struct config *config,
						     struct buf *passed)
{
	for (size_t i = 0; i < CHAIN_LEN; i++) {
		size_t start = passed->len;

		buf_add_format(passed, "%s%s: ", start > 0 ? "; " : "", chain[i]->name);
		if (chain[i]->look(config, passed) != PROVIDER_UNSET) {
			buf_truncate(passed, start);
			return chain[i];
		}
	}
	return NULL;
}

bool credentials_chain_needs_trust(const struct config *config)
{
	const struct provider_kind *kind;
	struct buf passed;

	buf_init(&passed, 4 * PROVIDER_WHY_SIZE);
	kind = credentials_chain_choose(config, &passed);
	buf_clear(&passed);
	return kind && kind->needs_trust(config);
}

bool credentials_chain_describe(const struct config *config, struct buf *out)
{
	static const char *const words[] = {
		[PROVIDER_UNSET] = "-", [PROVIDER_SET] = "used", [PROVIDER_WRONG] = "wrong"};
	bool has_one = false;
	bool is_right = true;
	struct buf about;

	buf_init(&about, PROVIDER_WHY_SIZE);
	for (size_t i = 0; i < CHAIN_LEN; i++) {
		enum provider_state state;

		buf_reset(&about);
		state = chain[i]->look(config, &about);
		if (state == PROVIDER_WRONG && !has_one)
			is_right = false;
		buf_add_format(out, "  %-*s %-6s %s\n", NAME_WIDTH, chain[i]->name,
			       has_one && state != PROVIDER_UNSET ? "unused" : words[state],
			       buf_text(&about));
		has_one = has_one || state != PROVIDER_UNSET;
	}
	buf_clear(&about);
	return is_right && has_one;
}
