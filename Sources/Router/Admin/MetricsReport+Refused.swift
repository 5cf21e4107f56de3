import HTTP

/// What was refused, or left out, for its form.
extension MetricsReport {
    func refused(_ text: inout String) {
        family(
            &text, "strangler_refused_requests_total", "counter",
            "Requests that were no strict HTTP/1.1, or too large or slow, by the rule that they broke.")
        for (violation, count) in totals.refused.figures {
            text += "strangler_refused_requests_total{reason=\"\(violation.label)\"} \(count)\n"
        }
        family(
            &text, "strangler_refused_answers_total", "counter",
            "Answers of an upstream that were no valid HTTP/1.1, by the rule that they broke.")
        for group in totals.groups {
            for (violation, count) in group.refusals.responses.figures {
                text += "strangler_refused_answers_total{upstream=\"\(escaped(group.name))\","
                text += "reason=\"\(violation.label)\"} \(count)\n"
            }
        }
        family(
            &text, "strangler_upstream_failures_total", "counter",
            "Attempts on an upstream that failed, and requests refused in its name, by reason: that of the problem body and of the log."
        )
        for group in totals.groups {
            for (reason, count) in group.refusals.failures.figures {
                text += "strangler_upstream_failures_total{upstream=\"\(escaped(group.name))\","
                text += "reason=\"\(reason)\"} \(count)\n"
            }
        }
        family(
            &text, "strangler_dropped_fields_total", "counter",
            "Fields of requests with _ in their name that were not passed on: taken for one of the router's, or dropped as configured."
        )
        text += "strangler_dropped_fields_total{reason=\"collision\"} \(totals.droppedFields.collisions)\n"
        text += "strangler_dropped_fields_total{reason=\"underscore\"} \(totals.droppedFields.underscores)\n"
    }
}
