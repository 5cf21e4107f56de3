/// A small routes.json of two sides: reads at 10 %, writes of the same context at 0 %, and everything else.
package enum SampleRoutes {
    package static let text = """
        {
          "version": 1,
          "revision": 7,
          "listen": ["127.0.0.1:8080"],
          "admin": { "unix": "run/router.sock" },
          "upstreams": {
            "monolith": { "endpoints": ["127.0.0.1:9000"] },
            "profile": { "endpoints": ["127.0.0.1:9003"] }
          },
          "contexts": { "profile": { "keys": ["jwt:sub", "cookie:strangler_id"], "mode": "reads" } },
          "routes": [
            {
              "id": "profile", "match": { "prefix": "/api/profiles", "methods": ["GET", "HEAD"] },
              "legacy": "monolith", "service": "profile", "context": "profile", "percent": 10
            },
            {
              "id": "profile-writes", "match": { "prefix": "/api/profiles", "methods": ["PATCH"] },
              "legacy": "monolith", "service": "profile", "context": "profile", "percent": 0
            },
            { "id": "default", "match": { "prefix": "/" }, "legacy": "monolith" }
          ]
        }

        """
}
