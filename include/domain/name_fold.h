/*
 * Names without regard to case, for sorting and for finding by their beginning.
 *
 * Each character becomes its simple case folding: "ÉCLAIR" and "éclair" are the same, "ß" and "ss"
 * are not, nor are "é" as one character and as two. The result is stored in the table, so it must
 * be the same on every machine, which the C library's tables are not: hence one of our own.
 *
 * Source: Unicode 14.0, CaseFolding.txt, status C and S.
 */
#ifndef SHOPD_DOMAIN_NAME_FOLD_H
#define SHOPD_DOMAIN_NAME_FOLD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

/*
 * Appends the folded text. The text must be UTF-8; a character takes at most 4 bytes before and
 * after.
 */
void name_fold(struct span text, struct buf *out);

#endif
