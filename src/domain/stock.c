#include "domain/stock.h"

enum stock_level stock_level_of(const struct stock_opening *stock)
{
	if (stock->on_hand <= 0)
		return STOCK_OUT;
	return stock->has_low_mark && stock->on_hand <= stock->low_stock_at ? STOCK_LOW : STOCK_IN;
}

const char *stock_level_name(enum stock_level level)
{
	switch (level) {
	case STOCK_LOW:
		return "low";
	case STOCK_OUT:
		return "out";
	case STOCK_IN:
		break;
	}
	return "in";
}
