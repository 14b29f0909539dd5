// SPDX-License-Identifier: BSD-2-Clause

/* A field whose offset depends on the kernel: refused. */
struct task {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

int core(struct task *task)
{
	return task->tgid;
}
