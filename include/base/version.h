/* The version, named in --version, the User-Agent and /metrics. */
#ifndef SHOPD_VERSION_H
#define SHOPD_VERSION_H

#define SHOPD_VERSION "0.1.0"

/* In the form of the AWS SDKs' (version 2.1), so that CloudTrail and the like show who called. */
#define SHOPD_USER_AGENT "shopd/" SHOPD_VERSION " ua/2.1 os/linux lang/c#17"

#endif
