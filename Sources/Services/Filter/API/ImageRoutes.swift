import Formats
import HTTP
import Imaging
import JSON
import Secrets
import ServiceKit
import Sessions
import Telemetry

/// Filters, pictures and jobs.
final class ImageRoutes: Sendable {
    let store: FilterStore
    private let gate: SessionGate
    let storage: WorkerPool
    /// Decodes uploads to see whether they are pictures: up to 160 MB each, so few at once.
    private let imaging: WorkerPool
    private let queue: JobQueue
    /// Tells the workers that there is something to do.
    let wake: @Sendable () -> Void
    private let limits: ImageLimits
    /// Reads pieces of pictures for those who take them. A wait here is a reader's wait, so that there may be as many
    /// as connections.
    let reading: WorkerPool
    private let uploads = UploadDesk()

    init(
        store: FilterStore, queue: JobQueue, gate: SessionGate, storage: WorkerPool, imaging: WorkerPool,
        reading: WorkerPool, limits: ImageLimits, wake: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.gate = gate
        self.storage = storage
        self.imaging = imaging
        self.reading = reading
        self.queue = queue
        self.wake = wake
        self.limits = limits
    }

    /// The handler; a debug build can be told to spoil its responses, pictures among them.
    private static func spoilable(_ handler: @escaping ServiceApp.Handler) -> ServiceApp.Handler {
        ResponseSpoiler.around(handler) { bytes in
            guard let picture = try? ImageCodec.decode(bytes) else { return nil }
            var bitmap = picture.bitmap
            for index in stride(from: 0, to: bitmap.pixels.count, by: 4) { bitmap.pixels[index] ^= 0x40 }
            return try? ImageCodec.encode(bitmap, as: picture.header.format)
        }
    }

    func add(to app: inout ServiceApp) {
        app.on(.get, "/api/filters", Self.spoilable { self.filters($0) })
        app.on(.post, "/api/images", Self.spoilable { try await self.upload($0) })
        app.on(.get, "/api/images/{id}", Self.spoilable { try await self.show($0) })
        app.on(.get, "/api/images/{id}/thumbnail", Self.spoilable { try await self.thumbnail($0) })
        app.on(.get, "/api/images/{id}/result", Self.spoilable { try await self.result($0) })
        app.on(.get, "/api/images/{id}/result/thumbnail", Self.spoilable { try await self.resultThumbnail($0) })
        app.on(.post, "/api/images/{id}/jobs", Self.spoilable { try await self.enqueue($0) })
        app.on(.get, "/api/jobs/{id}", Self.spoilable { try await self.job($0) })
    }

    private func filters(_ request: ServiceRequest) -> ServiceResponse {
        var json = JSONWriter()
        json.object {
            $0.member("filters") { json in
                json.array { for effect in Effect.all { Representations.write(effect, &$0) } }
            }
        }
        return EntityTag.document(json.bytes, for: request)
    }

    private func upload(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await gate.visitor(of: request)
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
        let (image, thumbnail) = try await imaging.run { () throws -> (FilterStore.Picture, FilterStore.Small?) in
            do throws(ImageError) {
                let (bitmap, header) = try ImageCodec.decode(bytes, limits: limits)
                let picture = FilterStore.Picture(
                    id: ULID.make(), userID: userID, sha256: SHA256.hex(bytes), format: header.format.rawValue,
                    width: header.width, height: header.height, bytes: bytes.count,
                    createdAt: Timestamp.now().description)
                // The pixels are in hand now; later they would have to be decoded again.
                return (picture, try? FilterWork.thumbnail(of: bitmap, header))
            } catch {
                throw Self.problem(error)
            }
        }
        try await storage.run { [store] in try store.add(image, bytes: bytes, thumbnail: thumbnail) }
        return .json(.created) { Representations.write(image, &$0) }.with("location", "/api/images/\(image.id)")
    }

    private func enqueue(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await gate.visitor(of: request)
        let id = request.parameter("id")
        let root = try await RequestInput.document(of: request)
        guard let image = try await storage.run({ [store] in try store.picture(id: id) }) else {
            throw Problem.notFound("there is no picture with this id")
        }
        guard image.userID == visitor.userID else {
            throw Problem.forbidden("a picture is filtered by its owner alone")
        }
        let order = try FilterOrder(root)
        let now = Timestamp.now().description
        let job = FilterStore.Job(
            id: ULID.make(), imageID: id, userID: visitor.userID, filter: order.effect.name,
            parameters: order.settingsJSON, format: order.format, createdAt: now, updatedAt: now)
        try await storage.run { [queue] in try queue.add(job) }
        wake()
        return Representations.job(job, status: .accepted).with("location", "/api/jobs/\(job.id)")
    }

    private func job(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await gate.visitor(of: request)
        let id = request.parameter("id")
        let job = try await storage.run { [store] in try store.job(id: id) }
        // Another user's job looks like none.
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
