import ControlKit
import Glibc
import Strangler
import Testing

/// Texts that users see, kept as files: the folder is the list. `UPDATE_GOLDEN=1` writes them anew.
enum Golden {
    static func check(_ text: String, _ name: String, file: String = #filePath) {
        let folder = FileSystem.directory(of: FileSystem.directory(of: file)) + "/Golden"
        let path = folder + "/" + name
        if getenv("UPDATE_GOLDEN") != nil {
            try? FileSystem.replace(path, with: Array(text.utf8))
            return
        }
        #expect(text == FileSystem.readText(path) ?? "", "\(path); UPDATE_GOLDEN=1 writes it anew")
    }
}
