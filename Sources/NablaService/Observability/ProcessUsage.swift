import Foundation

/// What the process uses of the machine, as Linux tells it.
struct ProcessUsage {
    /// Memory that addresses are given to, in bytes.
    var virtualBytes = 0
    /// Processor time of all threads, in seconds.
    var cpuSeconds = 0.0
    /// When the process started, in seconds since 1970.
    var startSeconds = 0.0
    /// Open descriptors.
    var openDescriptors = 0
    /// How many descriptors may be open.
    var mostDescriptors = 0

    /// Reads the numbers; those that can't be read stay 0.
    init() {
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let stat = ProcessUsage.file("/proc/self/stat")
        // The second field, the program's name, may hold anything but ends with the last bracket.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        if fields.count > 21 {
            cpuSeconds = (Double(fields[11]) ?? 0) / ticks + (Double(fields[12]) ?? 0) / ticks
            virtualBytes = Int(fields[20]) ?? 0
            startSeconds = ProcessUsage.bootSeconds + (Double(fields[19]) ?? 0) / ticks
        }
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        // One of them is the folder itself.
        openDescriptors = max(0, (descriptors?.count ?? 1) - 1)
        mostDescriptors = DescriptorLimit.current
    }

    /// Memory that is there now, in bytes; 0 where that can't be read.
    static var residentBytes: Int {
        let pages = file("/proc/self/statm").split(separator: " ").dropFirst().first
        return (pages.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// When the machine started, in seconds since 1970.
    private static var bootSeconds: Double {
        let line = file("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }

    private static func file(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
