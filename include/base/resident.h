/*
 * The resident memory of a process at rest.
 */
#ifndef SHOPD_BASE_RESIDENT_H
#define SHOPD_BASE_RESIDENT_H

/*
 * Takes the code and constants of the program and of its libraries out of the process's resident
 * set: half of what is there once it has started was needed for nothing else. What is needed again
 * comes back from the page cache, by a minor fault (madvise(2), MADV_DONTNEED).
 */
void resident_drop_code(void);

#endif
