#include "io/http_link.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* A socket that curl wants watched while it connects; there can be several (IPv4 and IPv6). */
struct connect_socket {
	struct loop_watch watch;
	struct http_link *link;
	struct connect_socket *next;
};

struct http_link {
	const struct http_link_context *context;
	const struct http_link_owner *callbacks;
	void *owner;
	CURL *easy;
	CURLM *multi;
	bool is_connected;
	bool is_abandoned; /* we told curl that we cannot go on; it makes nothing of that */
	bool is_tls;
	bool is_bare;            /* our bytes are those on the wire: no TLS, no proxy */
	SSL *tls;                /* once it was asked for */
	struct loop_watch watch; /* once connected */
	struct loop_timer timer; /* curl's, while connecting */
	struct loop_task check;  /* asks curl whether it is done */
	struct connect_socket *sockets;
	char error[CURL_ERROR_SIZE];
	const char *hint;
};

enum { ANY_REASON = -1 };

/* What users can do about a connection that fails. `reason` is why a certificate was refused. */
static const struct {
	CURLcode code;
	long reason;
	const char *hint;
} hints[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ANY_REASON,
	 "there is no such host, or no name server: look at AWS_REGION, the endpoint URL and "
	 "/etc/resolv.conf"},
	{CURLE_COULDNT_RESOLVE_PROXY, ANY_REASON, "look at https_proxy, http_proxy and no_proxy"},
	{CURLE_COULDNT_CONNECT, ANY_REASON,
	 "nobody listens there: look at the endpoint URL and at proxy settings"},
	{CURLE_OPERATION_TIMEDOUT, ANY_REASON,
	 "packets may be dropped: look at security groups, routes and VPC endpoints, and at proxy "
	 "settings"},
	{CURLE_SSL_CONNECT_ERROR, ANY_REASON,
	 "the other side must speak TLS 1.2 or later; look at the endpoint URL, and at what stands "
	 "in between"},
	{CURLE_PEER_FAILED_VERIFICATION, X509_V_ERR_CERT_HAS_EXPIRED,
	 "the certificate must be renewed, or this machine's clock is wrong"},
	{CURLE_PEER_FAILED_VERIFICATION, X509_V_ERR_CERT_NOT_YET_VALID,
	 "this machine's clock may be wrong"},
	{CURLE_PEER_FAILED_VERIFICATION, X509_V_ERR_UNSPECIFIED, /* curl did not get that far */
	 "the certificate is another host's: look at the endpoint URL, which must name one of the "
	 "certificate's"},
	{CURLE_PEER_FAILED_VERIFICATION, ANY_REASON,
	 "if this authority is to be trusted, name a file with its certificate in AWS_CA_BUNDLE"},
};

bool http_link_global_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void http_link_global_clear(void)
{
	curl_global_cleanup();
}

bool http_link_context_init(struct http_link_context *context)
{
	CURLSH *share = curl_share_init();

	if (share == NULL)
		return false;
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	context->share = share;
	return true;
}

void http_link_context_clear(struct http_link_context *context)
{
	curl_share_cleanup(context->share);
	context->share = NULL;
}

/* ---- connecting ---- */

static void remove_socket(struct http_link *link, struct connect_socket *socket)
{
	for (struct connect_socket **at = &link->sockets; *at != NULL; at = &(*at)->next) {
		if (*at != socket)
			continue;
		*at = socket->next;
		break;
	}
	loop_watch_off(link->context->loop, &socket->watch);
	free(socket);
}

/* While curl may still have them: it must not come back with what is freed. */
static void drop_sockets(struct http_link *link)
{
	while (link->sockets != NULL) {
		curl_multi_assign(link->multi, link->sockets->watch.fd, NULL);
		remove_socket(link, link->sockets);
	}
}

static void on_connect_socket(struct loop_watch *watch, uint32_t events)
{
	struct connect_socket *socket = watch->context;
	struct http_link *link = socket->link;
	int running;
	int flags = 0;

	if ((events & EPOLLIN) != 0)
		flags |= CURL_CSELECT_IN;
	if ((events & EPOLLOUT) != 0)
		flags |= CURL_CSELECT_OUT;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		flags |= CURL_CSELECT_ERR;
	curl_multi_socket_action(link->multi, watch->fd, flags, &running);
	loop_defer(link->context->loop, &link->check);
}

static struct connect_socket *add_socket(struct http_link *link, curl_socket_t fd)
{
	struct connect_socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL)
		return NULL;
	socket->watch.fd = fd;
	socket->watch.ready = on_connect_socket;
	socket->watch.context = socket;
	socket->link = link;
	socket->next = link->sockets;
	link->sockets = socket;
	curl_multi_assign(link->multi, fd, socket);
	return socket;
}

/* The answer to curl's callbacks when there is no memory or the kernel refuses. */
static int abandon(struct http_link *link)
{
	link->is_abandoned = true;
	loop_defer(link->context->loop, &link->check);
	return -1;
}

/* curl's CURLMOPT_SOCKETFUNCTION. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	struct http_link *link = context;
	struct connect_socket *socket = known;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL)
			remove_socket(link, socket);
		return 0;
	}
	if (socket == NULL)
		socket = add_socket(link, fd);
	if (socket == NULL)
		return abandon(link);
	if (what != CURL_POLL_OUT)
		events |= EPOLLIN;
	if (what != CURL_POLL_IN)
		events |= EPOLLOUT;
	return loop_watch_set(link->context->loop, &socket->watch, events) ? 0 : abandon(link);
}

static void on_timer(struct loop_timer *timer)
{
	struct http_link *link = timer->context;
	int running;

	curl_multi_socket_action(link->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	loop_defer(link->context->loop, &link->check);
}

/* curl's CURLMOPT_TIMERFUNCTION. */
static int on_curl_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct http_link *link = context;
	struct loop *loop = link->context->loop;

	(void)multi;
	if (timeout_ms < 0) {
		loop_timer_off(loop, &link->timer);
		return 0;
	}
	if (loop_timer_set(loop, &link->timer, loop_now_us(loop) + (uint64_t)timeout_ms * 1000))
		return 0;
	return abandon(link);
}

static void on_readiness(struct loop_watch *watch, uint32_t events)
{
	struct http_link *link = watch->context;

	/* Whoever reads finds the error or the end, so those count as readable. */
	if ((events & EPOLLOUT) != 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0)
		link->callbacks->writable(link->owner);
	else
		link->callbacks->readable(link->owner);
}

static const char *hint_for(const struct http_link *link, CURLcode code)
{
	long reason = X509_V_OK;

	curl_easy_getinfo(link->easy, CURLINFO_SSL_VERIFYRESULT, &reason);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (hints[i].code == code &&
		    (hints[i].reason == reason || hints[i].reason == ANY_REASON))
			return hints[i].hint;
	}
	return NULL;
}

const char *http_link_hint(const struct http_link *link)
{
	return link->hint;
}

/*
 * curl carries bytes through whatever a connection is made of, and looks the connection up anew
 * each time: more than the system call costs. So where there is nothing between, we do without it.
 * (Each proxy that speaks HTTP or HTTPS is asked to CONNECT.)
 */
static bool is_bare(const struct http_link *link)
{
	long proxy_status = 0;

	return !link->is_tls &&
	       curl_easy_getinfo(link->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status) ==
		       CURLE_OK &&
	       proxy_status == 0;
}

static void finish_connecting(struct http_link *link, CURLcode code)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	loop_timer_off(link->context->loop, &link->timer);
	drop_sockets(link);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(link->easy, CURLINFO_ACTIVESOCKET, &fd);
	link->watch.fd = fd;
	link->watch.ready = on_readiness;
	link->watch.context = link;
	if (code == CURLE_OK && loop_watch_set(link->context->loop, &link->watch, EPOLLIN)) {
		link->is_connected = true;
		link->is_bare = is_bare(link);
		link->callbacks->connected(link->owner);
		return;
	}
	link->hint = hint_for(link, code);
	link->callbacks->failed(link->owner,
				link->error[0] != '\0' ? link->error : curl_easy_strerror(code));
}

static void check_progress(struct loop_task *task)
{
	struct http_link *link = task->context;
	int left;
	CURLMsg *message = curl_multi_info_read(link->multi, &left);

	if (link->is_connected)
		return;
	if (link->is_abandoned)
		finish_connecting(link, CURLE_OUT_OF_MEMORY);
	else if (message != NULL && message->msg == CURLMSG_DONE)
		finish_connecting(link, message->data.result);
}

/* ---- opening and closing ---- */

/*
 * curl's CURLOPT_SSL_CTX_FUNCTION: the shared authorities instead of a bundle for each connection.
 */
static CURLcode on_tls_context(CURL *easy, void *tls, void *context)
{
	SSL_CTX *tls_context = tls;
	struct trust *trust = context;

	(void)easy;
	SSL_CTX_set1_cert_store(tls_context, trust_store(trust));
	SSL_CTX_set_read_ahead(tls_context, 1); /* one system call for a record instead of two */
	return CURLE_OK;
}

static bool set_options(struct http_link *link, const struct origin *origin)
{
	const struct http_link_context *context = link->context;
	CURL *easy = link->easy;
	CURLcode code = CURLE_OK;

#define SET(option, value) (code = code != CURLE_OK ? code : curl_easy_setopt(easy, option, value))
	SET(CURLOPT_URL, origin->url);
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* closing does not wait for a name server that is down */
	SET(CURLOPT_PROTOCOLS_STR, link->is_tls && context->trust != NULL ? "https" : "http");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTPPROXYTUNNEL, 1L); /* a proxy carries bytes; it does not speak for us */
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(context->connect_timeout_us / 1000));
	SET(CURLOPT_SHARE, context->share);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, (long)(context->name_age_us / 1000000));
	SET(CURLOPT_ERRORBUFFER, link->error);
	if (origin->bypasses_proxy)
		SET(CURLOPT_NOPROXY, "*");
	if (link->is_tls && context->trust != NULL) {
		SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
		SET(CURLOPT_SSL_VERIFYPEER, 1L);
		SET(CURLOPT_SSL_VERIFYHOST, 2L);
		SET(CURLOPT_CAINFO, NULL);
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
		SET(CURLOPT_SSL_CTX_DATA, context->trust);
	}
#undef SET
	return code == CURLE_OK;
}

static bool start_connecting(struct http_link *link)
{
	curl_multi_setopt(link->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(link->multi, CURLMOPT_SOCKETDATA, link);
	curl_multi_setopt(link->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(link->multi, CURLMOPT_TIMERDATA, link);
	/* This asks for a timer of 0 ms, which begins the connecting in the loop. */
	return curl_multi_add_handle(link->multi, link->easy) == CURLM_OK;
}

struct http_link *http_link_open(const struct http_link_context *context,
				 const struct origin *origin,
				 const struct http_link_owner *callbacks, void *owner)
{
	struct http_link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->context = context;
	link->callbacks = callbacks;
	link->owner = owner;
	link->is_tls = strncmp(origin->url, "https:", 6) == 0;
	link->timer.fire = on_timer;
	link->timer.context = link;
	link->check.run = check_progress;
	link->check.context = link;
	link->easy = curl_easy_init();
	link->multi = curl_multi_init();
	if (link->easy == NULL || link->multi == NULL || !set_options(link, origin) ||
	    !start_connecting(link)) {
		http_link_close(link);
		return NULL;
	}
	return link;
}

void http_link_close(struct http_link *link)
{
	struct loop *loop;

	if (link == NULL)
		return;
	loop = link->context->loop;
	loop_watch_off(loop, &link->watch);
	if (link->easy != NULL && link->multi != NULL)
		curl_multi_remove_handle(link->multi, link->easy); /* closes the connection */
	curl_easy_cleanup(link->easy);
	curl_multi_cleanup(link->multi);
	while (link->sockets != NULL)
		remove_socket(link, link->sockets);
	loop_timer_off(loop, &link->timer);
	loop_defer_off(loop, &link->check);
	free(link);
}

/* ---- bytes ---- */

static enum http_link_io outcome(CURLcode code, size_t moved)
{
	if (code == CURLE_AGAIN)
		return HTTP_LINK_LATER;
	return code == CURLE_OK && moved > 0 ? HTTP_LINK_DONE : HTTP_LINK_CLOSED;
}

static enum http_link_io bare_outcome(ssize_t count, size_t *moved)
{
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? HTTP_LINK_LATER : HTTP_LINK_CLOSED;
	*moved = (size_t)count;
	return count > 0 ? HTTP_LINK_DONE : HTTP_LINK_CLOSED;
}

enum http_link_io http_link_send(struct http_link *link, const void *bytes, size_t len,
				 size_t *moved)
{
	CURLcode code;

	*moved = 0;
	if (link->is_bare)
		return bare_outcome(send(link->watch.fd, bytes, len, MSG_NOSIGNAL), moved);
	code = curl_easy_send(link->easy, bytes, len, moved);
	return outcome(code, *moved);
}

enum http_link_io http_link_receive(struct http_link *link, void *bytes, size_t room, size_t *moved)
{
	CURLcode code;

	*moved = 0;
	if (link->is_bare)
		return bare_outcome(recv(link->watch.fd, bytes, room, 0), moved);
	code = curl_easy_recv(link->easy, bytes, room, moved);
	return outcome(code, *moved);
}

/* curl tells only after something was sent; from then on it stays the same. */
static SSL *tls_of(struct http_link *link)
{
	struct curl_tlssessioninfo *session = NULL;

	if (link->tls == NULL &&
	    curl_easy_getinfo(link->easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
	    session != NULL)
		link->tls = session->internals;
	return link->tls;
}

bool http_link_is_quiet(struct http_link *link)
{
	size_t moved;
	char byte;

	if (!link->is_tls)
		return true;
	if (tls_of(link) == NULL)
		return false;
	return SSL_has_pending(tls_of(link)) == 0 ||
	       http_link_receive(link, &byte, sizeof(byte), &moved) == HTTP_LINK_LATER;
}

bool http_link_await_room(struct http_link *link, bool is_awaited)
{
	return loop_watch_set(link->context->loop, &link->watch,
			      is_awaited ? EPOLLIN | EPOLLOUT : EPOLLIN);
}
