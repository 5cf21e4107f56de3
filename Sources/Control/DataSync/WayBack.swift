package import Migration
internal import SQLite

/// The stream from the service's store to the monolith's, in groups whose rows have owners.
///
/// It has no copy: the service had no row of its own when it was proven equal to the monolith, and every one that it
/// wrote since is noted. So it starts when the copy there is proven, and is the same stream with its plans inverted.
package enum WayBack {
    /// The way back of a group as it was installed.
    package static func group(of group: DataDocument.Group) throws -> DataDocument.Group {
        let source = try DatabaseConnection(path: group.source, configuration: StreamMemory.besideService)
        let target = try DatabaseConnection(path: group.target, configuration: StreamMemory.besideService)
        for store in [source, target] {
            try CaptureInstaller.checkFormat(store)
            try StreamMemory.checkInstalled(group, store)
        }
        return group.back(try InstalledPlans.read(group, source: source, target: target))
    }

    /// Lays the books of the way back; inside transactions of both stores.
    /// - Parameter plans: of the way there.
    static func install(
        _ group: DataDocument.Group, _ plans: [TablePlan], monolith: DatabaseConnection, service: DatabaseConnection
    ) throws {
        let back = try zip(plans, group.tables).filter { !$0.1.isCatalogue }.map { try $0.0.back() }
        let store = try service.storeIdentity()
        let before = try monolith.text("SELECT store FROM _sf_pos WHERE peer = ?", group.name)
        _ = try InstalledPlans.write(group.name, back, to: monolith)
        if before != store {
            // Another store of the service has its own history and its own numbers.
            try monolith.execute("INSERT OR REPLACE INTO _sf_pos VALUES(?, ?, 0, 0)", group.name, store)
            try monolith.execute("UPDATE _sf_known SET nonce = NULL WHERE grp = ?", group.name)
        }
        try monolith.execute(
            "INSERT INTO _sf_known VALUES(?, NULL, 1) ON CONFLICT(grp) DO UPDATE SET gen = gen + 1", group.name)
        try monolith.markStream(of: group.name, .copying)
        try ChangeTrimmer(group: group.name, target: monolith).register(back, in: service)
    }

    /// Forgets which history of the service's store was followed, once it owns nobody: then it has no row of its own
    /// that could be missed, whatever it was restored from.
    static func restart(_ group: String, monolith: DatabaseConnection, service: DatabaseConnection) throws {
        try monolith.transaction { monolith in
            for store in [monolith, service] {
                guard try OwnedRanges(group, in: store).areAllMonoliths else { return }
            }
            let clock = try service.changeClock()
            let store = try service.storeIdentity()
            try monolith.execute("INSERT OR REPLACE INTO _sf_pos VALUES(?, ?, ?, 0)", group, store, clock)
            try monolith.execute("UPDATE _sf_known SET nonce = NULL, gen = gen + 1 WHERE grp = ?", group)
        }
    }

    /// Takes the books of the way back away, where a group's rows have no owners any more.
    static func remove(_ group: String, monolith: DatabaseConnection, service: DatabaseConnection) throws {
        let store = try monolith.storeIdentity()
        try monolith.execute("DELETE FROM _sf_pos WHERE peer = ?", group)
        for table in ["_sf_known", "_sf_plan", "_sf_stream", "_sf_proof"] {
            try monolith.execute("DELETE FROM \(table) WHERE grp = ?", group)
        }
        for table in ["_sf_carried", "_sf_history"] {
            try service.execute("DELETE FROM \(table) WHERE grp = ? AND store = ?", group, store)
        }
    }

    /// Whether rows go back from now on: the copy there is proven. Inside no transaction.
    /// - Parameter group: the way back.
    static func start(
        _ group: DataDocument.Group, _ plans: [TablePlan], source: DatabaseConnection, target: DatabaseConnection
    ) throws -> Bool {
        if try target.streamState(of: group.name) == .running { return true }
        guard try source.streamState(of: group.name) == .running else { return false }
        try target.transaction { target in
            for plan in plans {
                // Nothing came back yet, so nothing was proven of it.
                try target.execute(
                    "INSERT OR IGNORE INTO _sf_proof(grp, tbl, rows, keyless, digest, seq, clk, ts) VALUES(?, ?, 0, 0, '', 0, 0, ?)",
                    group.name, plan.source, Clock.milliseconds())
            }
            try target.markStream(of: group.name, .running)
        }
        return true
    }
}
