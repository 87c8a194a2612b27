/*
 * The end of the program, which a descriptor of its own announces (pidfd), is the end of the
 * process: whoever else holds its output open is not waited for.
 */
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"

/* One of the program's outputs. */
struct stream {
	struct loop_watch watch; /* fd is -1 when it is closed */
	struct buf text;
	bool is_too_long;
};

struct process {
	struct process_options options;
	pid_t pid;
	struct loop_watch end_watch; /* of the pidfd */
	struct loop_timer timer;
	struct stream output;
	struct stream error;
	enum process_end end;
	int status;
	bool is_over;
};

static void close_watch(struct process *process, struct loop_watch *watch)
{
	loop_watch_off(process->options.loop, watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

/* Takes what is there. What is beyond the limit is counted as too long, and thrown away. */
static void drain(struct process *process, struct stream *stream)
{
	char more[1024];

	while (stream->watch.fd >= 0) {
		size_t room = stream->text.max - stream->text.len;
		char *to = room > 0 ? stream->text.data + stream->text.len : more;
		ssize_t len = read(stream->watch.fd, to, room > 0 ? room : sizeof(more));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			return;
		if (len <= 0)
			close_watch(process, &stream->watch);
		else if (room > 0)
			buf_commit(&stream->text, (size_t)len);
		else
			stream->is_too_long = true;
	}
}

static void release(struct process *process)
{
	close_watch(process, &process->end_watch);
	close_watch(process, &process->output.watch);
	close_watch(process, &process->error.watch);
	loop_timer_off(process->options.loop, &process->timer);
}

/* The program is no more, or is about to be: waits for it and announces the end. */
static void finish(struct process *process, enum process_end end)
{
	int status = 0;

	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		;
	drain(process, &process->output);
	drain(process, &process->error);
	release(process);
	process->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	process->end = process->output.is_too_long ? PROCESS_TOO_LONG : end;
	process->is_over = true;
	process->options.done(process);
}

static void kill_all(struct process *process, enum process_end end)
{
	kill(-process->pid, SIGKILL);
	finish(process, end);
}

static void on_end(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	finish(watch->context, PROCESS_EXITED);
}

static void on_timer(struct loop_timer *timer)
{
	kill_all(timer->context, PROCESS_TOO_SLOW);
}

static void on_output(struct loop_watch *watch, uint32_t events)
{
	struct process *process = watch->context;

	(void)events;
	drain(process, &process->output);
	if (process->output.is_too_long)
		kill_all(process, PROCESS_TOO_LONG);
}

static void on_error(struct loop_watch *watch, uint32_t events)
{
	struct process *process = watch->context;

	(void)events;
	drain(process, &process->error);
}

/* ---- starting ---- */

static bool make_stream(struct process *process, struct stream *stream, size_t max, int *child_fd)
{
	int fds[2];

	buf_init(&stream->text, max);
	if (!secret_reserve(&stream->text)) {
		errno = ENOMEM;
		return false;
	}
	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	stream->watch.fd = fds[0];
	stream->watch.context = process;
	*child_fd = fds[1];
	return fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t all;

	/* Ours are blocked for the sake of our threads, and SIGPIPE is ignored. */
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							    POSIX_SPAWN_SETPGROUP);
}

/* The first step that fails decides. */
static int set_actions(posix_spawn_file_actions_t *actions, int output_fd, int error_fd)
{
	int error =
		posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(actions, output_fd, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(actions, error_fd, STDERR_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return error;
}

static int spawn(struct process *process, int output_fd, int error_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	error = set_actions(&actions, output_fd, error_fd);
	if (error == 0)
		error = set_attributes(&attributes);
	if (error == 0)
		error = posix_spawnp(&process->pid, process->options.argv[0], &actions, &attributes,
				     process->options.argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static bool watch_all(struct process *process)
{
	struct loop *loop = process->options.loop;

	process->output.watch.ready = on_output;
	process->error.watch.ready = on_error;
	process->end_watch = (struct loop_watch){
		.fd = (int)syscall(SYS_pidfd_open, process->pid, 0),
		.ready = on_end,
		.context = process,
	};
	process->timer = (struct loop_timer){.fire = on_timer, .context = process};
	return process->end_watch.fd >= 0 && loop_watch_set(loop, &process->end_watch, EPOLLIN) &&
	       loop_watch_set(loop, &process->output.watch, EPOLLIN) &&
	       loop_watch_set(loop, &process->error.watch, EPOLLIN) &&
	       loop_timer_set(loop, &process->timer,
			      loop_now_us(loop) + process->options.timeout_us);
}

static bool run(struct process *process)
{
	int output_fd = -1;
	int error_fd = -1;
	int error;

	if (make_stream(process, &process->output, process->options.output_max, &output_fd) &&
	    make_stream(process, &process->error, PROCESS_ERROR_MAX, &error_fd))
		error = spawn(process, output_fd, error_fd);
	else
		error = errno;
	if (output_fd >= 0)
		close(output_fd);
	if (error_fd >= 0)
		close(error_fd);
	errno = error;
	return error == 0;
}

struct process *process_start(const struct process_options *options)
{
	struct process *process = calloc(1, sizeof(*process));
	int error;

	if (!process)
		return NULL;
	process->options = *options;
	process->output.watch.fd = -1;
	process->error.watch.fd = -1;
	process->end_watch.fd = -1;
	if (run(process)) {
		if (watch_all(process))
			return process;
		error = errno;
		kill(-process->pid, SIGKILL);
		waitpid(process->pid, NULL, 0);
	} else {
		error = errno;
	}
	release(process);
	process->is_over = true;
	process_free(process);
	errno = error;
	return NULL;
}

void process_stop(struct process *process)
{
	if (!process->is_over)
		kill_all(process, PROCESS_STOPPED);
}

void process_free(struct process *process)
{
	if (!process)
		return;
	secret_clear(&process->output.text);
	secret_clear(&process->error.text);
	free(process);
}

void *process_context(const struct process *process)
{
	return process->options.context;
}

enum process_end process_end(const struct process *process)
{
	return process->end;
}

int process_status(const struct process *process)
{
	return process->status;
}

const struct buf *process_output(const struct process *process)
{
	return &process->output.text;
}

const struct buf *process_error(const struct process *process)
{
	return &process->error.text;
}
