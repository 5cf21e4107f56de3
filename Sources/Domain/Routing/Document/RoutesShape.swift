/// Every key of `routes.json`: type, default, meaning. What is not here is refused.
enum RoutesShape {
    typealias Field = ObjectShape.Field

    static let document = ObjectShape([
        Field("$schema", .text(.free), "Where the JSON Schema lies, for editors."),
        Field("version", .integer(1...1), default: "1", "Version of this format."),
        Field("revision", .integer(0...9_007_199_254_740_991), "Counted up by the router with every change it makes."),
        Field(
            "listen", .list(.text(.listener), atLeast: 1), default: "127.0.0.1:8080",
            "Where clients connect: HOST:PORT or unix:PATH."),
        Field("admin", .object(admin), "Where the admin API is served."),
        Field(
            "upstreams", .map(.object(upstream)), required: true,
            "Who serves: groups of interchangeable endpoints by name."),
        Field("contexts", .map(.object(context)), "Bounded contexts: routes whose users move together."),
        Field("routes", .list(.object(route), atLeast: 1), required: true, "Which requests go where."),
        Field("defaults", .object(defaults), "What routes and upstreams get that do not say otherwise."),
        Field("limits", .object(limits), "What a client may send."),
        Field("timeouts", .object(timeouts), "How long the router waits for clients."),
        Field(
            "trustedPeers", .list(.text(.addressRange), atLeast: 0), "Peers (CIDR) whose forwarded headers are kept."),
        Field(
            "proxyPeers", .list(.text(.addressRange), atLeast: 0),
            "Peers (CIDR) whose connections begin with a PROXY protocol header, version 2; it names the client."),
        Field(
            "accessLog", .textOrObject(.file, accessLog), default: "off",
            "A file, unix:PATH (a datagram per line), or off; an object for a file that is rotated."),
        Field("expose", .bool, default: "false", "Whether responses name route, side and revision."),
        Field("mergeSlashes", .bool, default: "true", "Whether // in a path counts as /."),
        Field("paths", .object(paths), "How paths are read."),
        Field("headers", .object(headers), "Which header fields of clients pass."),
        Field(
            "tracing", .text(.tracing), default: "create",
            "What a request without a valid traceparent gets: create: one that is sampled; sample:RATIO (0 to 1): one that is sampled for that share; off: none."
        ),
    ])

    static let paths = ObjectShape([
        Field(
            "escapedSlashes", .choice(EscapedSlashes.allCases.map(\.rawValue)), default: "refuse",
            "%2F and %5C in a path: refuse answers 400, keep passes them on as bytes inside of their segment.")
    ])

    static let headers = ObjectShape([
        Field(
            "underscores", .choice(Underscores.allCases.map(\.rawValue)), default: "keep",
            "Names with '_': keep passes them on, drop takes them out, refuse answers 400. Those that could be taken for one the router writes never pass."
        )
    ])

    static let accessLog = ObjectShape([
        Field("file", .text(.file), required: true, "File that lines are appended to."),
        Field("rotate", .size, "A new file is begun after so many bytes; without, nobody but SIGHUP begins one."),
        Field("keep", .integer(1...1_000), default: "5", "How many old files are kept, as FILE.1 and so on."),
    ])

    static let admin = ObjectShape([
        Field("unix", .text(.file), default: "run/router.sock", "Unix socket, guarded by file permission."),
        Field("listen", .text(.listener), "HOST:PORT; outside loopback only together with tokenFile."),
        Field(
            "tokenFile", .text(.file),
            "File with the bearer token of the TCP listener: at least 16 bytes, readable by its owner alone."),
    ])

    static let upstream = ObjectShape([
        Field("endpoints", .list(.text(.endpoint), atLeast: 1), required: true, "HOST:PORT or unix:PATH."),
        Field("health", .object(health), "Active probes; without, an endpoint is well until requests fail."),
        Field("breaker", .object(breaker), "When the upstream is left alone for a while."),
        Field(
            "connections", .integer(1...1_000_000), default: "1024",
            "Most connections of the process to the upstream that carry requests, shared out over its endpoints."),
        Field(
            "streams", .integer(0...1_000_000), default: "1024",
            "Most event streams, WebSockets and other long answers of the process under way at once; 503 beyond. They take none of the connections."
        ),
        Field(
            "pending", .integer(0...1_000_000), default: "1024",
            "Most requests of the process that wait for a connection before 503."),
        Field(
            "idle", .duration(allowsOff: false), default: "4s",
            "How long an idle connection is kept; keep it below the service's own keep-alive."),
        Field(
            "tolerance", .choice(ResponseTolerance.allCases.map(\.rawValue)), default: "strict",
            "How answers are read: legacy also takes what old servers send and what can be read in one way only."),
        Field(
            "resolve", .duration(allowsOff: true), default: "5s",
            "How often names among the endpoints are looked up again; every address found is an endpoint."),
    ])

    static let context = ObjectShape([
        Field(
            "keys", .list(.text(.key), atLeast: 0), required: true,
            "Where the key of a request is found; the first that is there decides. Empty: each request is drawn for itself."
        ),
        Field("salt", .text(.free), default: "", "Put before the key when hashing."),
        Field(
            "mode",
            .choice(
                DataMode.allCases.filter(\.isBuilt).map(\.rawValue),
                reserved: DataMode.allCases.filter { !$0.isBuilt }.map(\.rawValue)), default: "stateless",
            "What a percentage may do to the data. Routes that take writes ask for it to be written."),
        Field(
            "epoch", .integer(0...9_007_199_254_740_991),
            "Number of the last published move of users (mode owned); requests carry it as x-strangler-epoch."),
        Field("jwtCookie", .text(.header), "Cookie with the token, when Authorization has none."),
        Field(
            "onStall", .choice(StallPolicy.allCases.map(\.rawValue)), default: "rollback",
            "When the service's rows no longer follow (mode reads): its readers go back to legacy, or it is only told."),
        Field("data", .object(contextData), "How the rows of the context are watched (mode reads)."),
        Field(
            "readYourWrites", .bool, default: "true",
            "Whoever wrote reads from legacy until the service is known to have the write (mode reads)."),
        Field(
            "sameSite", .choice(SameSite.allCases.map(\.rawValue)), default: "lax",
            "SameSite of the cookie strangler_id that the router mints; none needs https, and is lax without."),
    ])

    static let contextData = ObjectShape([
        Field("group", .text(.name), "Group of data.json that carries the rows; the context's name when left out."),
        Field(
            "maxLag", .duration(allowsOff: false), default: "5s",
            "Age of the oldest change not carried yet, above which the rows count as not following."),
    ])

    static let route = ObjectShape([
        Field("id", .text(.name), required: true, "Name of the route, unique."),
        Field(
            "match", .object(match), required: true,
            "Which requests: one of exact, prefix, template; all conditions must hold."),
        Field("legacy", .text(.name), required: true, "Upstream that serves whatever the percentage leaves."),
        Field("service", .text(.name), "Upstream that the percentage moves requests to."),
        Field("context", .text(.name), "Context whose keys decide; without, each request is drawn for itself."),
        Field("percent", .percent, default: "0", "Share that the service serves, in steps of 0.0001."),
        Field("mirror", .object(mirror), "Copies of what legacy serves, sent to the service."),
        Field("override", .object(override), "Header by which a request chooses its side."),
        Field("timeouts", .object(routeTimeouts), "Each wait on the way to the upstream."),
        Field("limits", .object(routeLimits), "What a request of this route may bring."),
        Field("retry", .object(retry), "When a request is sent once more."),
        Field("breaker", .object(breaker), "For the route's upstreams, unless they say otherwise themselves."),
        Field("health", .object(health), "For the route's service, unless it says otherwise itself."),
        Field(
            "fallback", .choice(Route.Fallback.allCases.map(\.rawValue)), default: "reads",
            "Whether safe requests go to legacy when the service cannot be reached (modes stateless and reads)."),
        Field("websocket", .bool, default: "true", "Whether Upgrade: websocket may pass."),
        Field(
            "priority", .choice(Route.Priority.allCases.map(\.rawValue)), default: "normal",
            "Under overload sheddable requests are refused first, critical ones last."),
        Field("longLived", .object(longLived), "Tunnels and streams whose key the percentage has moved away."),
    ])

    static let defaults = ObjectShape(
        route.fields.filter {
            ["timeouts", "limits", "retry", "breaker", "health", "fallback", "priority", "longLived"].contains($0.key)
        })

    static let match = ObjectShape([
        Field("exact", .text(.path), "The whole path."),
        Field("prefix", .text(.path), "Whole segments: /auth takes /auth and /auth/x, not /authx."),
        Field("template", .text(.template), "/api/profiles/{id}: one segment each."),
        Field("methods", .list(.text(.method), atLeast: 1), "Any method when left out."),
        Field("host", .text(.host), "Name without port; *.example.org takes its subdomains."),
        Field("headers", .conditions, "Headers that must have a value, or (true) be there."),
        Field("query", .conditions, "Query parameters that must have a value, or (true) be there."),
    ])

    /// One of `headers` or `query`, in the form of a list.
    static let condition = ObjectShape([
        Field("name", .text(.free), required: true, "Name of the header or parameter."),
        Field("value", .text(.free), "Its value; left out: any."),
    ])

    static let mirror = ObjectShape([
        Field("percent", .percent, default: "0", "Share of what legacy serves that is copied."),
        Field("methods", .list(.text(.method), atLeast: 1), default: "GET HEAD", "Methods that are copied."),
        Field("body", .size, default: "64KiB", "Longest body that is copied."),
        Field("timeout", .duration(allowsOff: false), default: "5s", "How long a copy may take."),
    ])

    static let override = ObjectShape([
        Field("header", .text(.header), default: "x-strangler-side", "Its values are legacy and service."),
        Field(
            "secretFile", .text(.file),
            "File with the secret that must come in x-strangler-secret: at least 16 bytes, readable by its owner alone."
        ),
        Field("trusted", .list(.text(.addressRange), atLeast: 1), "Addresses (CIDR) that may choose without it."),
    ])

    static let longLived = ObjectShape([
        Field(
            "policy", .choice(LongLivedPolicy.Action.allCases.map(\.rawValue)), default: "pin",
            "pin: they end by themselves; drain: ended at the deadline; close: ended evenly within the jitter."),
        Field(
            "after", .duration(allowsOff: false), default: "5s",
            "An exchange that is open longer is long-lived; nothing younger is ended."),
        Field("deadline", .duration(allowsOff: false), default: "5m", "Of drain, from the change on."),
        Field("jitter", .duration(allowsOff: false), default: "30s", "Of close, from the change on."),
    ])

    static let routeTimeouts = ObjectShape([
        Field("connect", .duration(allowsOff: false), default: "2s", "To a connection."),
        Field("response", .duration(allowsOff: false), default: "30s", "To the first byte of the response."),
        Field("idle", .duration(allowsOff: false), default: "30s", "Between two pieces of a body."),
        Field("request", .duration(allowsOff: true), default: "off", "The whole exchange."),
    ])

    static let routeLimits = ObjectShape([
        Field("body", .size, "Longest request body; 413 above. Default: limits.body of the top level.")
    ])

    static let retry = ObjectShape([
        Field("attempts", .integer(0...10), default: "2", "Further attempts after the first."),
        Field(
            "on", .list(.choice(["connect-failure", "reset-before-response"]), atLeast: 0),
            default: "connect-failure reset-before-response", "What is tried again."),
        Field("window", .duration(allowsOff: false), default: "300ms", "All attempts begin within this time."),
        Field("budget", .percent, default: "10", "Retries are at most this share of requests."),
    ])

    static let breaker = ObjectShape([
        Field("failures", .integer(0...1_000_000), default: "5", "Failures in a row that open it; 0 is off."),
        Field("open", .duration(allowsOff: false), default: "1s", "How long it stays open before a probe."),
    ])

    static let health = ObjectShape([
        Field("path", .text(.probePath), default: "/healthz", "What is asked for; it may have a query."),
        Field("host", .text(.authority), "Host that is asked for; the endpoint's own when left out."),
        Field(
            "headers", .map(.text(.fieldValue), names: .probeHeader),
            "Further fields of the probe, by name, such as an Authorization that the endpoint asks for."),
        Field(
            "expect", .statuses, default: "200-399",
            "Codes that mean well: a code, a range such as 200-399, several with commas, or a list of them."),
        Field("interval", .duration(allowsOff: false), default: "1s", "Between two probes."),
        Field("timeout", .duration(allowsOff: false), default: "1s", "Of one probe."),
        Field("unhealthyAfter", .integer(1...1_000), default: "3", "Failures in a row."),
        Field("healthyAfter", .integer(1...1_000), default: "1", "Successes in a row."),
        Field("probes", .bool, default: "true", "Whether probes are sent; without, only requests tell."),
        Field(
            "maxEjectedPercent", .integer(0...100), default: "50",
            "Of several endpoints, the share that failing requests may take out at once, but at least one; 0: none."),
        Field(
            "slowStart", .duration(allowsOff: true), default: "10s",
            "How long an endpoint that comes back takes to get its whole share."),
    ])

    static let limits = ObjectShape([
        Field("requestLine", .size, default: "8KiB", "414 above."),
        Field("head", .size, default: "32KiB", "All header fields; 431 above."),
        Field("fields", .integer(8...10_000), default: "128", "Number of header fields; 431 above."),
        Field("field", .size, default: "16KiB", "One header field; 431 above."),
        Field("body", .size, default: "16MiB", "Request body; 413 above."),
        Field(
            "bodyRate", .rate, default: "240B/s",
            "What a request body must bring on average once it has taken 30 s; 408 below. 0: no floor."),
        Field("responseHead", .size, default: "64KiB", "Head of an upstream's response; 502 above."),
        Field("connections", .integer(1...10_000_000), default: "10000", "Client connections in all."),
        Field(
            "connectionsPerAddress", .integer(1...10_000_000), default: "1000", "Client connections from one address."),
        Field("requestsPerConnection", .integer(1...1_000_000_000), default: "10000", "Then the connection is closed."),
        Field(
            "inFlight", .integer(1...10_000_000), default: "5000",
            "Requests under way at once; 503 above, from 80 % for sheddable and 90 % for normal routes."),
        Field("held", .size, default: "256MiB", "Bytes held back for slow peers; 503 above, in the same steps."),
    ])

    static let timeouts = ObjectShape([
        Field("header", .duration(allowsOff: false), default: "10s", "From the first byte of a head to its last."),
        Field("clientIdle", .duration(allowsOff: false), default: "30s", "Between two pieces of a body."),
        Field("keepAlive", .duration(allowsOff: false), default: "75s", "Between two requests."),
        Field("drain", .duration(allowsOff: false), default: "10s", "Longest wait for exchanges in flight at SIGTERM."),
    ])
}
