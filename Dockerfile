# Nabla as a container of its program and the libraries it links, running as a user without rights.
# There is neither a shell nor a package manager in it; docs/operations.md has its measured size.
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
RUN make build PRODUCT='--product nabla' \
    && install --strip -D .build/release/nabla /image/usr/local/bin/nabla

# What the image is made of: the program, the libraries that it is linked with, the two that it loads
# when it first needs them, theirs, the loader that does so, and the certificates for
# `nabla … --server https://…`.
RUN ldconfig -p | awk '$1 ~ /^lib(openblas\.so\.0|curl\.so\.4)$/ { print $NF }' > /late \
    && test "$(wc -l < /late)" -eq 2 \
    && { cat /late; ldd /image/usr/local/bin/nabla $(cat /late); } \
        | grep --only-matching '/[^ :]*\.so[^ :]*' | sort --unique \
        | xargs cp --parents --dereference --target-directory /image \
    && cp --parents --dereference /etc/ssl/certs/ca-certificates.crt /image \
    && echo 'nabla:x:10001:10001::/data:/usr/sbin/nologin' > /image/etc/passwd \
    && echo 'nabla:x:10001:' > /image/etc/group \
    && echo 'hosts: files dns' > /image/etc/nsswitch.conf \
    && install --directory --mode 700 /volume/data

FROM scratch

COPY --from=build /image /
COPY --from=build --chown=10001:10001 /volume /

# By number, so that Kubernetes can see that it isn't root.
USER 10001:10001
VOLUME /data
# The one place that may be written to when the root file system is read-only.
ENV PATH=/usr/local/bin SQLITE_TMPDIR=/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["nabla", "health", "--server", "http://127.0.0.1:8080"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["nabla"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--data", "/data", "--insecure"]
