import Arguments
import ControlKit
import Migration
import Operations

extension DataFile {
    static func path(_ invocation: Invocation) -> String {
        invocation.inputs["data"] ?? FileSystem.resolve("data.json", in: invocation.configFolder)
    }

    /// The document of the call, only the groups that were named.
    static func document(_ invocation: Invocation) throws(OperationFailure) -> DataDocument {
        try document(at: path(invocation), groups: invocation.inputs.all("GROUP"))
    }
}
