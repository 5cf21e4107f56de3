/// The routes of PixelPulse; with the documented ports it is the repository's own `routes.json`, byte for byte.
package enum DemoRoutes {
    /// - Parameters:
    ///   - socket: the admin socket, relative to the file.
    ///   - schema: where the schema stands, relative to the file.
    package static func document(
        ports: DemoPorts, socket: String = "run/router.sock", schema: String = "./docs/routes.schema.json"
    ) -> String {
        """
        {
          "$schema": "\(schema)",
          "version": 1,
          "revision": 1,
          "listen": ["127.0.0.1:\(ports.router)"],
          "admin": { "unix": "\(socket)", "listen": "127.0.0.1:\(ports.admin)" },
          "expose": true,
          "upstreams": {
            "monolith": { "endpoints": ["127.0.0.1:\(ports.monolith)"], "health": { "path": "/healthz" } },
            "auth": { "endpoints": ["127.0.0.1:\(ports.auth)"], "health": { "path": "/healthz" } },
            "filter": { "endpoints": ["127.0.0.1:\(ports.filter)"], "health": { "path": "/healthz" } },
            "profile": { "endpoints": ["127.0.0.1:\(ports.profile)"], "health": { "path": "/healthz" } }
          },
          "contexts": {
            "auth": { "keys": ["jwt:sub", "cookie:strangler_id"], "jwtCookie": "pp_session", "mode": "reads" },
            "filter": { "keys": ["jwt:sub", "cookie:strangler_id"], "jwtCookie": "pp_session", "mode": "reads" },
            "profile": { "keys": ["jwt:sub", "cookie:strangler_id"], "jwtCookie": "pp_session", "mode": "reads" }
          },
          "defaults": { "timeouts": { "connect": "250ms", "response": "10s", "idle": "60s" } },
          "routes": [
            {
              "id": "session",
              "match": { "exact": "/api/auth/session", "methods": ["GET", "HEAD"] },
              "legacy": "monolith",
              "service": "auth",
              "context": "auth",
              "percent": 0
            },
            {
              "id": "auth-writes",
              "match": { "prefix": "/api/auth", "methods": ["POST"] },
              "legacy": "monolith",
              "service": "auth",
              "context": "auth",
              "percent": 0
            },
            {
              "id": "profile",
              "match": { "prefix": "/api/profiles", "methods": ["GET", "HEAD"] },
              "legacy": "monolith",
              "service": "profile",
              "context": "profile",
              "percent": 0,
              "mirror": { "percent": 0, "methods": ["GET"] },
              "override": { "header": "x-strangler-side", "trusted": ["127.0.0.1/32", "::1/128"] },
              "retry": { "attempts": 2, "on": ["connect-failure", "reset-before-response"] }
            },
            {
              "id": "profile-writes",
              "match": { "prefix": "/api/profiles", "methods": ["PATCH"] },
              "legacy": "monolith",
              "service": "profile",
              "context": "profile",
              "percent": 0
            },
            {
              "id": "filters",
              "match": { "prefix": "/api/filters", "methods": ["GET", "HEAD"] },
              "legacy": "monolith",
              "service": "filter",
              "context": "filter",
              "percent": 0
            },
            {
              "id": "images",
              "match": { "prefix": "/api/images", "methods": ["GET", "HEAD"] },
              "legacy": "monolith",
              "service": "filter",
              "context": "filter",
              "percent": 0
            },
            {
              "id": "jobs",
              "match": { "prefix": "/api/jobs", "methods": ["GET", "HEAD"] },
              "legacy": "monolith",
              "service": "filter",
              "context": "filter",
              "percent": 0
            },
            {
              "id": "image-writes",
              "match": { "prefix": "/api/images", "methods": ["POST"] },
              "legacy": "monolith",
              "service": "filter",
              "context": "filter",
              "percent": 0
            },
            { "id": "default", "match": { "prefix": "/" }, "legacy": "monolith" }
          ]
        }

        """
    }
}
