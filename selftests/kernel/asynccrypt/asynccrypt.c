// SPDX-License-Identifier: GPL-2.0
/*
 * A cipher for tests: cbc(aes) that is late, out of order, or fails.
 *
 * It stands before every other cbc(aes) in the system and leaves the work to the
 * best synchronous one.  What it does besides is said by its parameters, in
 * /sys/module/asynccrypt/parameters, at any time:
 *
 *   delay          milliseconds after which a request is done; then everything
 *                  that has gathered is done, the last first.  0: at once, in
 *                  the caller's context.
 *   encrypt_error  errno that encryptions end with, 0 for none
 *   decrypt_error  the same for decryptions
 *   full           1: its queue is.  Who may wait for room (CRYPTO_TFM_REQ_MAY_BACKLOG)
 *                  is answered -EBUSY, told with -EINPROGRESS that there is some, and
 *                  served; others are refused with -ENOSPC.
 *   waited         how many requests did
 *   wrong          1: computes with another key than it was given since
 *   overtaken      how many requests were done before one that came earlier
 */
#include <crypto/aes.h>
#include <crypto/internal/skcipher.h>
#include <linux/module.h>
#include <linux/workqueue.h>

static unsigned int delay;
module_param(delay, uint, 0644);
static unsigned int encrypt_error;
module_param(encrypt_error, uint, 0644);
static unsigned int decrypt_error;
module_param(decrypt_error, uint, 0644);
static bool full;
module_param(full, bool, 0644);
static unsigned int waited;
module_param(waited, uint, 0444);
static bool wrong;
module_param(wrong, bool, 0644);
static unsigned int overtaken;
module_param(overtaken, uint, 0444);

struct context {
	struct crypto_skcipher *worker;
};

/* What stands behind a request: the worker's own. */
struct job {
	struct list_head node;
	struct skcipher_request *request;
	int (*operation)(struct skcipher_request *request);
	unsigned int error;
	bool waits;			/* for room in the queue */
	struct skcipher_request work;	/* last: the worker's context follows */
};

static void do_gathered(struct work_struct *unused);

static DECLARE_DELAYED_WORK(gathered_work, do_gathered);
static DEFINE_SPINLOCK(gathered_lock);	/* bottom halves off */
static LIST_HEAD(gathered);		/* struct job, the last first */

static int do_job(struct job *job)
{
	struct skcipher_request *request = job->request;
	struct context *context = crypto_skcipher_ctx(crypto_skcipher_reqtfm(request));

	if (job->error)
		return -job->error;
	skcipher_request_set_tfm(&job->work, context->worker);
	/* It may be done later, where nothing may sleep. */
	skcipher_request_set_callback(&job->work, 0, NULL, NULL);
	skcipher_request_set_crypt(&job->work, request->src, request->dst, request->cryptlen,
				   request->iv);
	return job->operation(&job->work);
}

static void do_gathered(struct work_struct *unused)
{
	struct job *job, *next;
	LIST_HEAD(jobs);

	spin_lock_bh(&gathered_lock);
	list_splice_init(&gathered, &jobs);
	spin_unlock_bh(&gathered_lock);
	list_for_each_entry_safe(job, next, &jobs, node) {
		bool last = list_is_last(&job->node, &jobs);

		local_bh_disable();
		if (job->waits) {
			waited++;
			skcipher_request_complete(job->request, -EINPROGRESS);
		}
		skcipher_request_complete(job->request, do_job(job));
		local_bh_enable();
		if (!last)
			overtaken++;
	}
}

static int take(struct skcipher_request *request, unsigned int error,
		int (*operation)(struct skcipher_request *request))
{
	unsigned int late = READ_ONCE(delay);
	struct job *job = skcipher_request_ctx(request);
	int answer;

	job->request = request;
	job->operation = operation;
	job->error = error;
	job->waits = READ_ONCE(full);
	if (job->waits && !(request->base.flags & CRYPTO_TFM_REQ_MAY_BACKLOG))
		return -ENOSPC;
	if (!job->waits && !late)
		return do_job(job);
	/* From the lock's end on the job may be done and gone. */
	answer = job->waits ? -EBUSY : -EINPROGRESS;
	spin_lock_bh(&gathered_lock);
	list_add(&job->node, &gathered);
	spin_unlock_bh(&gathered_lock);
	schedule_delayed_work(&gathered_work, msecs_to_jiffies(late));
	return answer;
}

static int encrypt(struct skcipher_request *request)
{
	return take(request, READ_ONCE(encrypt_error), crypto_skcipher_encrypt);
}

static int decrypt(struct skcipher_request *request)
{
	return take(request, READ_ONCE(decrypt_error), crypto_skcipher_decrypt);
}

static int setkey(struct crypto_skcipher *tfm, const u8 *key, unsigned int len)
{
	struct context *context = crypto_skcipher_ctx(tfm);
	u8 other[AES_MAX_KEY_SIZE];

	if (len > sizeof(other))
		return -EINVAL;
	memcpy(other, key, len);
	other[0] ^= READ_ONCE(wrong);
	return crypto_skcipher_setkey(context->worker, other, len);
}

static int init_tfm(struct crypto_skcipher *tfm)
{
	struct context *context = crypto_skcipher_ctx(tfm);

	context->worker = crypto_alloc_skcipher("cbc(aes)", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(context->worker))
		return PTR_ERR(context->worker);
	crypto_skcipher_set_reqsize(tfm, sizeof(struct job) +
				    crypto_skcipher_reqsize(context->worker));
	return 0;
}

static void exit_tfm(struct crypto_skcipher *tfm)
{
	struct context *context = crypto_skcipher_ctx(tfm);

	crypto_free_skcipher(context->worker);
}

static struct skcipher_alg alg = {
	.base = {
		.cra_name = "cbc(aes)",
		.cra_driver_name = "cbc-aes-asynccrypt",
		.cra_priority = 10000,
		.cra_flags = CRYPTO_ALG_ASYNC,
		.cra_blocksize = 16,
		.cra_ctxsize = sizeof(struct context),
		.cra_module = THIS_MODULE,
	},
	.min_keysize = 16,
	.max_keysize = 32,
	.ivsize = 16,
	.init = init_tfm,
	.exit = exit_tfm,
	.setkey = setkey,
	.encrypt = encrypt,
	.decrypt = decrypt,
};

static int __init asynccrypt_init(void)
{
	return crypto_register_skcipher(&alg);
}

static void __exit asynccrypt_exit(void)
{
	crypto_unregister_skcipher(&alg);
	flush_delayed_work(&gathered_work);
}

module_init(asynccrypt_init);
module_exit(asynccrypt_exit);

MODULE_DESCRIPTION("Test cipher that is late, out of order, or fails");
MODULE_LICENSE("GPL");
