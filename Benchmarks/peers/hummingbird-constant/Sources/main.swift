// Answers POST /gradients with a constant, as long as the gradients of XOR are, through Hummingbird:
// what a Swift web framework allows on the machine.
//
//     constant PORT

import Hummingbird
import Logging

let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 8080
let answer = """
    {"loss":0.6933913575536927,"gradients":[{"weights":[[-0.0007335301842287863,\
    -0.0002423209284179422],[0.0001114815800290006,-0.001143696907367979]],\
    "bias":[-0.0012347085029152886,-0.001923694438221376]},\
    {"weights":[[0.006718929790980752,0.008809459317988967]],\
    "bias":[0.014112898815050318]}],"samples":4,"dtype":"float64"}
    """

let router = Router()
router.post("gradients") { request, _ in
    // Read, as a service would, and thrown away.
    for try await _ in request.body {}
    return Response(
        status: .ok, headers: [.contentType: "application/json"],
        body: .init(byteBuffer: ByteBuffer(string: answer)))
}
var logger = Logger(label: "constant")
logger.logLevel = .error
let application = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
    logger: logger)
try await application.runService()
