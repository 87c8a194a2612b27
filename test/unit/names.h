/*
 * What libcurl's threads are told when they ask for a name's addresses (getaddrinfo is replaced in
 * the test program):
 *
 *	nobody.test	there is no such name
 *	slow.test	after NAMES_SLOW_MS (paced): try again, as when a name server is down
 *	moved.test	the address of this machine that names_move was given last
 *
 * All others are looked up as ever.
 */
#ifndef SHOPD_TEST_NAMES_H
#define SHOPD_TEST_NAMES_H

enum { NAMES_SLOW_MS = 300 };

/* 127.0.0.x for moved.test from now on. */
void names_move(int x);

/* How often moved.test was asked for, and slow.test answered. */
int names_moved_asked(void);
int names_slow_answered(void);

#endif
