/// The variables that Kubernetes and Docker put into a container's environment to tell it of others.
///
/// A service or a linked container named `nabla`, or `nabla-` and more, makes names that begin with
/// `NABLA_` but that nobody meant as settings. No setting has such a name.
///
/// Sources: Kubernetes, pkg/kubelet/envvars/envvars.go (`FromServices`, `makeLinkVariables`), and
/// Docker, daemon/links/links.go (`ToEnv`). Both write the name in capitals, with `_` for `-`.
enum ServiceLink {
    /// Whether a variable of that name and value is one of those.
    ///
    /// The value counts, too, so that a mistaken `NABLA_PORT=80` is still told as such.
    static func injects(_ name: String, _ value: String) -> Bool {
        "\(name)=\(value)".wholeMatch(of: shape) != nil
    }

    private static var shape: Regex<Substring> {
        #/
        NABLA(?:_[A-Z0-9_]+)?
        (?: # Kubernetes: the service's address and ports, the first one and those that have a name.
            _SERVICE_HOST=[0-9a-f.:]+
          | _SERVICE_PORT(?:_[A-Z0-9_]+)?=\d+
            # Both: the first port, and each by its number.
          | _PORT=(?:tcp|udp|sctp):\/\/.+:\d+
          | _PORT_\d+_(?:TCP|UDP|SCTP)
            (?: (?:_START|_END)?=(?:tcp|udp|sctp):\/\/.+:\d+
              | _PROTO=(?:tcp|udp|sctp)
              | _PORT(?:_START|_END)?=\d+
              | _ADDR=[0-9a-f.:]+ )
            # Docker: the container's name, and its own environment.
          | _NAME=\/.+
          | _ENV_[^=]+=(?s:.*) )
        /#
    }
}
