import EventLoop
import Glibc
import HTTPTransport

// `bench-rate HOST:PORT PATH CONNECTIONS REQUESTS-PER-SECOND SECONDS`: one line of JSON.

/// Ticks from a thread of its own, which sleeps to the nanosecond where the loop's timers are good for milliseconds
/// only.
private func tick(_ bench: OpenLoop, every nanoseconds: UInt64, count: Int, from start: Moment) {
    for index in 0..<count {
        let due = Moment(nanoseconds: start.nanoseconds + UInt64(index) * nanoseconds)
        var time = timespec(
            tv_sec: Int(due.nanoseconds / 1_000_000_000), tv_nsec: Int(due.nanoseconds % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
        bench.loop.execute { bench.send(due: due) }
    }
}

private func measure() -> Int32 {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let address = SocketAddress(arguments[1]), let connections = Int(arguments[3]),
        let rate = UInt64(arguments[4]), let seconds = UInt64(arguments[5]), (1...1_000_000).contains(rate),
        (1...3600).contains(seconds), (1...60_000).contains(connections)
    else {
        print("usage: bench-rate HOST:PORT PATH CONNECTIONS REQUESTS-PER-SECOND SECONDS")
        return 64
    }
    do throws(SystemError) {
        let loop = try Loop()
        let bench = OpenLoop(loop: loop, address: address, path: arguments[2], connections: connections)
        let ticking = try PlainThread(name: "tick") {
            tick(bench, every: 1_000_000_000 / rate, count: Int(rate * seconds), from: .read() + .milliseconds(50))
            loop.execute { stopWhenIdle(bench) }
        }
        loop.run()
        ticking.join()
        print(
            #"{"requests":\#(bench.answered),"errors":\#(bench.errors),"seconds":\#(seconds),"#
                + #""p50_us":\#(bench.quantile(500)),"p99_us":\#(bench.quantile(990)),"p999_us":\#(bench.quantile(999))}"#
        )
        return 0
    } catch {
        print("bench-rate: \(error)")
        return 1
    }
}

/// Every call has a time-out, so this comes to an end.
private func stopWhenIdle(_ bench: OpenLoop) {
    if bench.isIdle { return bench.loop.stop() }
    let timer = Timer(loop: bench.loop) { stopWhenIdle(bench) }
    timer.fire(after: .milliseconds(5))
}

exit(measure())
