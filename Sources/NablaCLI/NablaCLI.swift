@main
struct Nabla {
    static func main() {}
}
