// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "holder.h"
#include "io/log.h"

struct waiter {
	TAILQ_ENTRY(waiter) next;
	uint32_t id;
	holder_fn each;
	void *arg;
};

/* Answers to one question, of which any is as good as another. */
struct stock {
	SLIST_ENTRY(stock) next;
	struct sp_key_question question;
	struct sp_key_answer *answer;	/* NULL: none is ready */
	bool making;
	TAILQ_HEAD(, waiter) waiters;
};

/* A question whose answer is for one alone; the thread works on the first. */
struct job {
	TAILQ_ENTRY(job) next;
	struct sp_key_question question;
	EVP_PKEY *own;			/* to sign with; a reference */
	struct sp_key_answer *answer;
	uint32_t id;
	holder_fn each;			/* NULL: it is not needed any more */
	void *arg;
};

TAILQ_HEAD(jobs, job);

struct holder {
	SLIST_HEAD(, stock) stocks;
	struct jobs jobs;	/* for the thread, first come first served */
	struct jobs done;	/* answered, to be told from the loop */
	bool working;			/* a thread, on the first of the jobs */
	int from_maker, to_loop;	/* a pipe of struct made */
	struct event *readable;
	struct event *serve;
};

/* What a thread is given to do, and what it hands back. */
struct made {
	struct stock *stock;		/* NULL: of the first job */
	int to_loop;
	struct sp_key_question question;
	EVP_PKEY *own;			/* a reference of the thread's; or NULL */
	struct sp_key_answer *answer;
};

static void *maker(void *arg)
{
	struct made *made = arg;

	sp_key_answer(&made->question, &(struct sp_key_holding){ .own = made->own }, made->answer);
	EVP_PKEY_free(made->own);
	/* Smaller than PIPE_BUF, so whole or not at all; the loop drains the pipe. */
	if (write(made->to_loop, made, sizeof(*made)) != sizeof(*made))
		sp_key_answer_free(made->answer);
	free(made);
	return NULL;
}

static int start_thread(struct made *made)
{
	sigset_t all, before;
	pthread_t thread;
	int failed;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, NULL, maker, made);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		pthread_detach(thread);
	return failed;
}

static void make_answer(struct holder *holder, struct stock *stock)
{
	struct made *made = malloc(sizeof(*made));
	struct sp_key_answer *answer = calloc(1, sizeof(*answer));

	if (!made || !answer) {
		free(made);
		free(answer);
		return;
	}
	*made = (struct made){
		.stock = stock, .to_loop = holder->to_loop, .question = stock->question,
		.answer = answer,
	};
	stock->making = !start_thread(made);
	if (stock->making)
		return;
	log_line("no thread to make keys with");
	free(made);
	free(answer);
}

/* Gives the answer to whoever has waited longest, if anybody waits. */
static void serve_stock(struct holder *holder, struct stock *stock)
{
	struct waiter *waiter = TAILQ_FIRST(&stock->waiters);
	struct sp_key_answer *answer = stock->answer;

	if (!answer || !waiter)
		return;
	TAILQ_REMOVE(&stock->waiters, waiter, next);
	stock->answer = NULL;
	make_answer(holder, stock);
	waiter->each(waiter->arg, waiter->id, answer);
	free(waiter);
	sp_key_answer_free(answer);
}

/* --- questions of one alone ------------------------------------------------------------ */

static void free_job(struct job *job)
{
	EVP_PKEY_free(job->own);
	sp_key_answer_free(job->answer);
	free(job);
}

static void finish_job(struct holder *holder, struct job *job)
{
	TAILQ_INSERT_TAIL(&holder->done, job, next);
	event_active(holder->serve, 0, 0);
}

/* The thread has an answer of its own to write to: it may outlive the job. */
static int work_on(struct holder *holder, const struct job *job)
{
	struct made *made = calloc(1, sizeof(*made));
	struct sp_key_answer *answer = calloc(1, sizeof(*answer));

	if (made && answer) {
		*made = (struct made){
			.to_loop = holder->to_loop, .question = job->question, .own = job->own,
			.answer = answer,
		};
		EVP_PKEY_up_ref(made->own);
		if (!start_thread(made))
			return 0;
		EVP_PKEY_free(made->own);
	}
	free(made);
	free(answer);
	return -1;
}

static void begin_jobs(struct holder *holder)
{
	struct job *job;

	while (!holder->working && (job = TAILQ_FIRST(&holder->jobs))) {
		if (!work_on(holder, job)) {
			holder->working = true;
			return;
		}
		TAILQ_REMOVE(&holder->jobs, job, next);
		sp_fail(&job->answer->error, "no thread to sign in");
		finish_job(holder, job);
	}
}

static void end_job(struct holder *holder, struct sp_key_answer *answer)
{
	struct job *job = TAILQ_FIRST(&holder->jobs);

	TAILQ_REMOVE(&holder->jobs, job, next);
	sp_key_answer_free(job->answer);
	job->answer = answer;
	holder->working = false;
	finish_job(holder, job);
	begin_jobs(holder);
}

static void serve_jobs(struct holder *holder)
{
	struct job *job, *last = TAILQ_LAST(&holder->done, jobs);

	/* Whoever hears an answer may ask for the next one, which is told next time. */
	while ((job = TAILQ_FIRST(&holder->done))) {
		bool more = job != last;

		TAILQ_REMOVE(&holder->done, job, next);
		if (job->each)
			job->each(job->arg, job->id, job->answer);
		free_job(job);
		if (!more)
			return;
	}
}

/* A prf takes less than the way to a thread and back; who gives up waiting asks again. */
static void ask_for_one(struct holder *holder, const struct sp_key_question *question,
			const struct sp_key_holding *holding, uint32_t id, holder_fn each,
			void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job)
		job->answer = calloc(1, sizeof(*job->answer));
	if (!job || !job->answer) {
		free(job);
		return;
	}
	job->question = *question;
	job->id = id;
	job->each = each;
	job->arg = arg;
	if (question->kind == SP_KEY_PSK_PRF || !holding->own) {
		sp_key_answer(question, holding, job->answer);
		finish_job(holder, job);
		return;
	}
	job->own = holding->own;
	EVP_PKEY_up_ref(job->own);
	TAILQ_INSERT_TAIL(&holder->jobs, job, next);
	begin_jobs(holder);
}

static void withdraw_jobs(struct job *job, uint32_t id, const void *arg)
{
	for (; job; job = TAILQ_NEXT(job, next))
		if (job->arg == arg && (!id || job->id == id))
			job->each = NULL;
}

/* --- the loop ---------------------------------------------------------------------------- */

static void on_serve(evutil_socket_t fd, short what, void *arg)
{
	struct holder *holder = arg;
	struct stock *stock;

	(void)fd;
	(void)what;
	serve_jobs(holder);
	SLIST_FOREACH(stock, &holder->stocks, next)
		serve_stock(holder, stock);
}

static void on_made(evutil_socket_t fd, short what, void *arg)
{
	struct holder *holder = arg;
	struct made made;

	(void)what;
	if (read(fd, &made, sizeof(made)) != sizeof(made))
		return;
	if (!made.stock) {
		end_job(holder, made.answer);
		return;
	}
	made.stock->making = false;
	made.stock->answer = made.answer;
	if (!made.answer->len)
		log_line("a key could not be made: %s", made.answer->error.text);
	serve_stock(holder, made.stock);
	/* An error is not kept for the next one who asks. */
	if (made.stock->answer && !made.stock->answer->len) {
		sp_key_answer_free(made.stock->answer);
		made.stock->answer = NULL;
	}
}

static struct stock *find_stock(struct holder *holder, const struct sp_key_question *question)
{
	struct stock *stock;

	SLIST_FOREACH(stock, &holder->stocks, next)
		if (stock->question.kind == question->kind &&
		    stock->question.bits == question->bits)
			return stock;
	stock = calloc(1, sizeof(*stock));
	if (!stock)
		abort();
	stock->question = *question;
	TAILQ_INIT(&stock->waiters);
	SLIST_INSERT_HEAD(&holder->stocks, stock, next);
	return stock;
}

void holder_expect(struct holder *holder, const struct sp_key_question *question)
{
	struct stock *stock = find_stock(holder, question);

	if (!stock->answer && !stock->making)
		make_answer(holder, stock);
}

static void ask_for_any(struct holder *holder, const struct sp_key_question *question, uint32_t id,
			holder_fn each, void *arg)
{
	struct stock *stock = find_stock(holder, question);
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	/* Whoever asks gives up by itself after a while. */
	if (!waiter)
		return;
	*waiter = (struct waiter){ .id = id, .each = each, .arg = arg };
	TAILQ_INSERT_TAIL(&stock->waiters, waiter, next);
	if (stock->answer)
		event_active(holder->serve, 0, 0);
	else if (!stock->making)
		make_answer(holder, stock);
}

void holder_ask(struct holder *holder, const struct sp_key_question *question,
		const struct sp_key_holding *holding, uint32_t id, holder_fn each, void *arg)
{
	if (question->kind == SP_KEY_EPHEMERAL_RSA)
		ask_for_any(holder, question, id, each, arg);
	else
		ask_for_one(holder, question, holding, id, each, arg);
}

void holder_withdraw(struct holder *holder, uint32_t id, const void *arg)
{
	struct waiter *waiter, *next;
	struct stock *stock;

	withdraw_jobs(TAILQ_FIRST(&holder->jobs), id, arg);
	withdraw_jobs(TAILQ_FIRST(&holder->done), id, arg);
	SLIST_FOREACH(stock, &holder->stocks, next) {
		for (waiter = TAILQ_FIRST(&stock->waiters); waiter; waiter = next) {
			next = TAILQ_NEXT(waiter, next);
			if (waiter->arg != arg || (id && waiter->id != id))
				continue;
			TAILQ_REMOVE(&stock->waiters, waiter, next);
			free(waiter);
		}
	}
}

struct holder *holder_new(struct event_base *base)
{
	struct holder *holder = calloc(1, sizeof(*holder));
	int ends[2];

	if (!holder)
		return NULL;
	if (pipe2(ends, O_CLOEXEC)) {
		free(holder);
		return NULL;
	}
	TAILQ_INIT(&holder->jobs);
	TAILQ_INIT(&holder->done);
	holder->from_maker = ends[0];
	holder->to_loop = ends[1];
	holder->readable = event_new(base, ends[0], EV_READ | EV_PERSIST, on_made, holder);
	holder->serve = evtimer_new(base, on_serve, holder);
	if (!holder->readable || !holder->serve)
		abort();
	event_add(holder->readable, NULL);
	return holder;
}

/* A thread may still be at work: it keeps the end of the pipe that it writes to. */
void holder_free(struct holder *holder)
{
	bool making = holder->working;
	struct stock *stock;

	TAILQ_CONCAT(&holder->jobs, &holder->done, next);
	for (struct job *job; (job = TAILQ_FIRST(&holder->jobs));) {
		TAILQ_REMOVE(&holder->jobs, job, next);
		free_job(job);
	}
	while ((stock = SLIST_FIRST(&holder->stocks))) {
		SLIST_REMOVE_HEAD(&holder->stocks, next);
		making = making || stock->making;
		for (struct waiter *waiter; (waiter = TAILQ_FIRST(&stock->waiters));) {
			TAILQ_REMOVE(&stock->waiters, waiter, next);
			free(waiter);
		}
		sp_key_answer_free(stock->answer);
		free(stock);
	}
	event_free(holder->readable);
	event_free(holder->serve);
	close(holder->from_maker);
	if (!making)
		close(holder->to_loop);
	free(holder);
}
