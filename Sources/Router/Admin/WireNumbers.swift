import EventLoop

extension Double {
    /// To three places: times are told to the microsecond.
    var inThousandths: Double { (self * 1000).rounded() / 1000 }
}

extension Moment.Span {
    /// Milliseconds as the admin API tells them.
    var wireMilliseconds: Double { (seconds * 1000).inThousandths }
}
