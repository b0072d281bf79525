# The program in an image of its own: nothing in it but glibc, the certificates of public authorities and rotaudit, which runs as nobody.
FROM rust:1-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /source/target/release/rotaudit /usr/local/bin/rotaudit
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["rotaudit"]
CMD ["--help"]
