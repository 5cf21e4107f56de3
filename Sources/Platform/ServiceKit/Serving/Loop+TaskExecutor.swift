import EventLoop

/// Tasks with `executorPreference: loop` run on the loop's thread.
///
/// This is here and not in EventLoop, because code that names an executor links Swift's concurrency library and
/// libdispatch, which the router does not need.
extension Loop: TaskExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
