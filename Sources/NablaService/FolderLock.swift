import Foundation
import Synchronization

/// The right to serve a data folder, which one process at a time has.
///
/// Two that trained the same runs would both write them. The kernel takes the right back when the process
/// ends, however it ends, so nothing is left over of one that was killed.
final class FolderLock: Sendable {
    private let descriptor: Int32
    private let isReleased = Atomic(false)

    /// Takes it.
    ///
    /// - Parameter directory: The folder, which is there.
    /// - Throws: `StartError` when another process has it.
    init(of directory: String) throws(StartError) {
        let path = directory + "/nabla.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StartError("\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            close(descriptor)
            guard error == EWOULDBLOCK else {
                throw StartError("\(path) can't be locked: \(String(cString: strerror(error)))")
            }
            throw StartError(
                "another server uses the data folder \(directory): end that one, or choose another "
                    + "folder with --data")
        }
    }

    /// Gives it back.
    func release() {
        if !isReleased.exchange(true, ordering: .acquiringAndReleasing) { close(descriptor) }
    }

    deinit { release() }
}
