import FuzzSupport
import NablaJSON

/// Writes a value that was read, and checks on the way that each knows where it is.
func write(
    _ value: JSONValue, at pointer: String, to writer: inout JSONWriter
) throws(JSONError) {
    demand(value.pointer == pointer, "\(value.pointer) is \(pointer)")
    switch value.kind {
    case .object:
        let object = try value.anyObject()
        writer.beginObject()
        var count = 0
        for (key, member) in object {
            count += 1
            writer.key(escaping: key)
            try write(member, at: pointer + "/" + escaped(key), to: &writer)
        }
        demand(object.count == count, "an object has as many fields as it says")
        writer.endObject()
    case .array:
        let array = try value.array()
        writer.beginArray()
        var count = 0
        for element in array {
            try write(element, at: pointer + "/\(count)", to: &writer)
            count += 1
        }
        demand(array.count == count, "an array has as many values as it says")
        writer.endArray()
    case .string: writer.string(try value.string())
    case .number:
        let wide = try value.double()
        // A whole number that a float64 can't hold is written as one.
        if let whole = try? value.int(), Int(exactly: wide) != whole {
            writer.int(whole)
        } else {
            writer.number(wide)
        }
    case .boolean: writer.bool(try value.bool())
    case .null: writer.null()
    }
}

/// RFC 6901, section 3.
private func escaped(_ key: String) -> String {
    var token = ""
    for scalar in key.unicodeScalars {
        switch scalar {
        case "~": token += "~0"
        case "/": token += "~1"
        default: token.unicodeScalars.append(scalar)
        }
    }
    return token
}

/// Whether two values are the same to the last bit.
func areSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    guard one.kind == other.kind else { return false }
    do {
        switch one.kind {
        case .object: return try areSameObjects(one, other)
        case .array:
            let (left, right) = (Array(try one.array()), Array(try other.array()))
            return left.count == right.count && zip(left, right).allSatisfy(areSame)
        case .string: return areSame(try one.string(), try other.string())
        case .number:
            return try one.double().bitPattern == other.double().bitPattern
                && (try? one.int()) == (try? other.int())
        case .boolean: return try one.bool() == other.bool()
        case .null: return true
        }
    } catch {
        demand(false, "a value of a kind is read as that kind, but \(error)")
        return false
    }
}

private func areSameObjects(_ one: JSONValue, _ other: JSONValue) throws(JSONError) -> Bool {
    let left: [(key: String, value: JSONValue)]
    do {
        left = Array(try one.anyObject())
    } catch {
        // Where a key is there twice, that is all that can be compared.
        do {
            _ = try other.anyObject()
            return false
        } catch let second {
            return error == second
        }
    }
    let right = Array(try other.anyObject())
    return left.count == right.count
        && zip(left, right).allSatisfy {
            areSame($0.key, $1.key) && areSame($0.value, $1.value)
        }
}

/// Byte by byte: strings are equal in more cases.
private func areSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
