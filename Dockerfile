# Nabla as a container of its program and the libraries it links, running as a user without rights.
#
#   docker build --tag nabla .
#   docker run --read-only -v nabla:/data -p 127.0.0.1:8080:8080 nabla
#
# Inside a container the server must listen on all of its addresses to be reached at all, hence
# --insecure below: who can call it is decided by where its port is published. Publish it to
# loopback, as above, or to a network where a proxy checks callers, or make a token in its data
# folder first (`nabla token create`): from then on every call needs one. Settings are taken from
# the environment: `-e NABLA_POOL_WORKERS=4`.

FROM swift:6.3-bookworm AS build
WORKDIR /source

# The list of packages is the Makefile's, so that there is one.
COPY Makefile ./
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends make \
    && make setup \
    && rm -rf /var/lib/apt/lists/*

# A layer of its own: the Swift packages are fetched again only when the manifest changes.
COPY Package.swift ./
RUN swift package resolve

COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
RUN swift build -c release --product nabla --static-swift-stdlib \
        --explicit-target-dependency-import-check error \
    && install --strip -D .build/release/nabla /result/nabla

FROM debian:bookworm-slim

# The run-time halves of the libraries that Package.swift links; the certificates are for
# `nabla … --server https://…`.
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \
        ca-certificates libcurl4 libopenblas0-pthread libsimdjson14 libsqlite3-0 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin nabla \
    && install --directory --owner nabla --group nabla /data

COPY --from=build /result/nabla /usr/local/bin/nabla

USER nabla
VOLUME /data
# The one place that may be written to when the root file system is read-only.
ENV SQLITE_TMPDIR=/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["nabla", "health", "--server", "http://127.0.0.1:8080"]
ENTRYPOINT ["nabla"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--data", "/data", "--insecure"]
