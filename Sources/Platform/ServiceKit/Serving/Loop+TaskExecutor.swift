import EventLoop

/// Tasks with `executorPreference: loop` run on the loop's thread.
///
/// Here and not in EventLoop: whatever names an executor links Swift's concurrency library and libdispatch, which the
/// router has no use for.
extension Loop: TaskExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
