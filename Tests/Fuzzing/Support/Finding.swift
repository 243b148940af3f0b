/// Ends the process unless something holds, which libFuzzer reports as a finding with its input.
///
/// - Parameters:
///   - holds: What must be so for every input.
///   - claim: The same in words; printed when it isn't so.
public func demand(_ holds: Bool, _ claim: @autoclosure () -> String) {
    // Meant to crash: a harness has no other way to tell libFuzzer.
    if !holds { fatalError("not so: \(claim())") }
}
