/// One condition on a run.
public struct RunCondition: Sendable, Equatable {
    /// How two values are compared.
    public enum Comparison: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// What a field is compared with.
    public enum Value: Sendable, Equatable {
        case text(String)
        case number(Double)
    }

    /// What must be so of a field.
    public enum Test: Sendable, Equatable {
        /// It is there, and compares so.
        case compares(Comparison, Value)
        /// It is there, and its text matches a pattern: `%` is any text, `_` any character.
        case matches(pattern: String, ignoringCase: Bool, negated: Bool)
        /// It is there, and is one of these, or none of them.
        case isOneOf([Value], negated: Bool)
        /// It is not there, or is.
        case isNull(negated: Bool)
    }

    /// What is tested.
    public let field: RunField
    /// How it is tested.
    public let test: Test

    /// Makes a condition.
    public init(_ field: RunField, _ test: Test) {
        self.field = field
        self.test = test
    }
}
