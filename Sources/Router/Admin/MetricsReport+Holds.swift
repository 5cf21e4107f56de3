/// Holds of owned contexts, and what becomes of their requests.
extension MetricsReport {
    func holds(_ text: inout String) {
        let owned = totals.owned.sorted { $0.key < $1.key }
        family(&text, "strangler_held_requests", "gauge", "Requests of an owned context that wait while users move.")
        for (context, figures) in owned {
            text += "strangler_held_requests{context=\"\(escaped(context))\"} \(figures.waiting)\n"
        }
        family(
            &text, "strangler_held_requests_total", "counter",
            "Requests that met a hold, by what became of them.")
        for (context, figures) in owned {
            for outcome in OwnedFigures.Outcome.allCases {
                text += "strangler_held_requests_total{context=\"\(escaped(context))\",result=\"\(outcome.name)\"} "
                text += "\(figures[outcome])\n"
            }
        }
        let waits = "strangler_hold_wait_seconds"
        family(&text, waits, "histogram", "How long requests waited that a hold let go.")
        for (context, figures) in owned {
            histogram(&text, waits, "context=\"\(escaped(context))\"", figures.waits)
        }
        family(&text, "strangler_holds_total", "counter", "Holds by how they ended.")
        for (total, count) in router.holds.ended {
            text +=
                "strangler_holds_total{context=\"\(escaped(total.context))\",result=\"\(total.outcome)\"} \(count)\n"
        }
        family(
            &text, "strangler_unkeyed_writes_total", "counter",
            "Writes of an owned context without a key; they go to the default side.")
        for (context, figures) in owned {
            text += "strangler_unkeyed_writes_total{context=\"\(escaped(context))\"} \(figures.unkeyedWrites)\n"
        }
        family(
            &text, "strangler_misdirected_requests_total", "counter",
            "Requests that a side refused as the other's, by whether they were sent there.")
        for (context, figures) in owned {
            let label = "context=\"\(escaped(context))\""
            text += "strangler_misdirected_requests_total{\(label),result=\"redirected\"} \(figures.redirected)\n"
            text += "strangler_misdirected_requests_total{\(label),result=\"refused\"} \(figures.misdirected)\n"
        }
    }
}
