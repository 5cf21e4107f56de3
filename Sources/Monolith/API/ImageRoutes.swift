import Formats
import HTTP
import Imaging
import JSON
import Secrets
import ServiceKit
import Telemetry

/// Filters, pictures and jobs.
final class ImageRoutes: Sendable {
    let store: MonolithStore
    private let desk: SessionDesk
    let storage: WorkerPool
    /// Decodes uploads to see whether they are pictures: up to 160 MB each, so few at once.
    private let imaging: WorkerPool
    let runner: JobRunner
    private let limits: ImageLimits
    /// Reads pieces of pictures for downloads. Each connection may have one read waiting, so as many may wait as there
    /// are connections.
    let reading: WorkerPool
    private let uploads = UploadDesk()

    init(
        store: MonolithStore, desk: SessionDesk, storage: WorkerPool, imaging: WorkerPool, reading: WorkerPool,
        runner: JobRunner,
        limits: ImageLimits
    ) {
        self.store = store
        self.desk = desk
        self.storage = storage
        self.imaging = imaging
        self.reading = reading
        self.runner = runner
        self.limits = limits
    }

    func add(to app: inout ServiceApp) {
        app.on(.get, "/api/filters") { self.filters($0) }
        app.on(.post, "/api/images") { try await self.upload($0) }
        app.on(.get, "/api/images/{id}") { try await self.show($0) }
        app.on(.get, "/api/images/{id}/thumbnail") { try await self.thumbnail($0) }
        app.on(.get, "/api/images/{id}/result") { try await self.result($0) }
        app.on(.get, "/api/images/{id}/result/thumbnail") { try await self.resultThumbnail($0) }
        app.on(.post, "/api/images/{id}/jobs") { try await self.enqueue($0) }
        app.on(.get, "/api/jobs/{id}") { try await self.job($0) }
    }

    private func filters(_ request: ServiceRequest) -> ServiceResponse {
        var json = JSONWriter()
        json.object {
            $0.member("filters") { json in
                json.array { for filter in FilterCatalogue.all { Self.write(filter, &$0) } }
            }
        }
        return EntityTag.document(json.bytes, for: request)
    }

    private static func write(_ filter: FilterDescription, _ json: inout JSONWriter) {
        json.object {
            $0.member("name", filter.name)
            $0.member("title", filter.title)
            $0.member("description", filter.summary)
            $0.member("parameters") { json in
                json.array { list in
                    for parameter in filter.parameters {
                        list.object {
                            $0.member("name", parameter.name)
                            $0.member("type", parameter.wholeNumber ? "integer" : "number")
                            $0.member("minimum", number: FilterSelection.plain(parameter.range.lowerBound))
                            $0.member("maximum", number: FilterSelection.plain(parameter.range.upperBound))
                            $0.member("default", number: FilterSelection.plain(parameter.standard))
                        }
                    }
                }
            }
        }
    }

    private func upload(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await desk.visitor(of: request)
        if let type = request.fields["content-type"]?.lowercased(),
            !["image/png", "image/jpeg", "application/octet-stream"].contains(where: { type.hasPrefix($0) })
        {
            throw Self.unsupported(
                "PNG and JPEG are accepted: send the bytes of the picture itself, with content-type image/png or image/jpeg"
            )
        }
        return try await uploads.take(request, of: visitor.userID, limit: limits.bytes) { bytes in
            try await self.store(bytes, of: visitor.userID)
        }
    }

    private func store(_ bytes: [UInt8], of userID: String) async throws -> ServiceResponse {
        let limits = limits
        let (image, thumbnail) = try await imaging.run { () throws -> (ImageRecord, ThumbnailRecord?) in
            do throws(ImageError) {
                let (bitmap, header) = try ImageCodec.decode(bytes, limits: limits)
                let image = ImageRecord(
                    id: ULID.make(), userID: userID, sha256: SHA256.hex(bytes), format: header.format.rawValue,
                    width: header.width, height: header.height, bytes: bytes.count,
                    createdAt: Timestamp.now().description)
                // The pixels are in hand now; later they would have to be decoded again.
                return (image, try? FilterJob.thumbnail(of: bitmap, header))
            } catch {
                throw Self.problem(error)
            }
        }
        try await storage.run { [store] in try store.add(image, bytes: bytes, thumbnail: thumbnail) }
        return .json(.created) { Representations.write(image, &$0) }.with("location", "/api/images/\(image.id)")
    }

    private func enqueue(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await desk.visitor(of: request)
        let id = request.parameter("id")
        let root = try await AccountInput.document(of: request)
        guard let image = try await storage.run({ [store] in try store.image(id: id) }) else {
            throw Problem.notFound("there is no picture with this id")
        }
        guard image.userID == visitor.userID else {
            throw Problem.forbidden("a picture is filtered by its owner alone")
        }
        let selection: FilterSelection
        do throws(FilterSelection.Refusal) {
            selection = try FilterSelection.read(root)
        } catch {
            throw Problem(
                .unprocessableContent, code: "invalid_filter", title: "This filter cannot be applied",
                detail: error.detail)
        }
        let now = Timestamp.now().description
        let job = JobRecord(
            id: ULID.make(), imageID: id, userID: visitor.userID, filter: selection.name,
            parameters: selection.parametersJSON, format: selection.format, state: .queued, attempts: 0, createdAt: now,
            updatedAt: now)
        try await storage.run { [store] in try store.enqueue(job) }
        runner.submit(job.id, of: job.userID)
        return Representations.job(job, status: .accepted).with("location", "/api/jobs/\(job.id)")
    }

    private func job(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await desk.visitor(of: request)
        let id = request.parameter("id")
        let job = try await storage.run { [store] in try store.job(id: id) }
        // Another user's job is shown as not found.
        guard let job, job.userID == visitor.userID else { throw Problem.notFound("you have no job with this id") }
        return Representations.job(job)
    }

    private static func unsupported(_ detail: String) -> Problem {
        Problem(
            .unsupportedMediaType, code: "unsupported_format", title: "Only PNG and JPEG are accepted", detail: detail)
    }

    private static func problem(_ error: ImageError) -> Problem {
        switch error {
        case .unknownFormat, .foreignFormat: return unsupported(error.description)
        case .outOfMemory: return .busy(error.description)
        case .tooManyBytes, .sideTooLong, .tooManyPixels, .broken: break
        }
        guard error.isTooLarge else {
            return Problem(
                .unprocessableContent, code: "broken_image", title: "The picture cannot be read",
                detail: error.description)
        }
        return Problem(
            .contentTooLarge, code: "image_too_large", title: "The picture is too large", detail: error.description)
    }
}
