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
						     struct buf *looked_at)
{
	for (size_t i = 0; i < CHAIN_LEN; i++) {
		size_t start = looked_at->len;

		buf_add_format(looked_at, "%s%s: ", start > 0 ? "; " : "", chain[i]->name);
		switch (chain[i]->look(config, looked_at)) {
		case PROVIDER_UNSET:
			break;
		case PROVIDER_SET:
			buf_truncate(looked_at, start);
			return chain[i];
		case PROVIDER_WRONG:
			return NULL;
		}
	}
	return NULL;
}

bool credentials_chain_needs_trust(const struct config *config)
{
	const struct provider_kind *kind;
	struct buf looked_at;

	buf_init(&looked_at, 4 * PROVIDER_WHY_SIZE);
	kind = credentials_chain_choose(config, &looked_at);
	buf_clear(&looked_at);
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
