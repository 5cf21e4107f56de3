import HTTP
import JSON
import ServiceKit

/// How rows look to a client. Every member is always present, null where there is nothing, in this order.
enum Representations {
    static func write(_ effect: Effect, _ json: inout JSONWriter) {
        json.object {
            $0.member("name", effect.name)
            $0.member("title", effect.title)
            $0.member("description", effect.summary)
            $0.member("parameters") { json in
                json.array { list in
                    for setting in effect.settings {
                        list.object {
                            $0.member("name", setting.name)
                            $0.member("type", setting.isInteger ? "integer" : "number")
                            $0.member("minimum", number: FilterOrder.plain(setting.minimum))
                            $0.member("maximum", number: FilterOrder.plain(setting.maximum))
                            $0.member("default", number: FilterOrder.plain(setting.fallback))
                        }
                    }
                }
            }
        }
    }

    static func write(_ image: FilterStore.Picture, _ json: inout JSONWriter) {
        json.object {
            $0.member("id", image.id)
            $0.member("owner_id", image.userID)
            $0.member("url", "/api/images/\(image.id)")
            $0.member("format", image.format)
            $0.member("width", image.width)
            $0.member("height", image.height)
            $0.member("bytes", image.bytes)
            $0.member("created_at", image.createdAt)
            $0.name("result")
            guard let result = image.result else { return $0.null() }
            $0.object {
                $0.member("job_id", result.jobID)
                $0.member("filter", result.filter)
                $0.member("format", result.format)
                $0.member("url", "/api/images/\(image.id)/result?job=\(result.jobID)")
                $0.member("finished_at", result.finishedAt)
            }
        }
    }

    static func job(_ job: FilterStore.Job, status: HTTPStatus = .ok) -> ServiceResponse {
        .json(status) { json in
            json.object {
                $0.member("id", job.id)
                $0.member("image_id", job.imageID)
                $0.member("filter", job.filter)
                $0.name("parameters")
                $0.raw(job.parameters)
                $0.member("format", job.format)
                $0.member("state", job.state)
                $0.member("attempts", job.attempts)
                nullable(&$0, "error", job.error)
                nullable(
                    &$0, "result_url", job.resultSHA256.map { _ in "/api/images/\(job.imageID)/result?job=\(job.id)" })
                $0.member("created_at", job.createdAt)
                $0.member("updated_at", job.updatedAt)
                nullable(&$0, "finished_at", job.finishedAt)
            }
        }
        .with("cache-control", "no-store")
    }

    private static func nullable(_ json: inout JSONWriter, _ name: String, _ value: String?) {
        json.name(name)
        if let value { json.string(value) } else { json.null() }
    }
}
