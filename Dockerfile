# The server and the seed programs in a small image: docker build -t reception .
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bins

FROM debian:bookworm-slim
# Certificates: providers are called over TLS, checked with the system's store.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin reception
COPY --from=build /src/target/release/reception /src/target/release/seed-core /src/target/release/seed-demo \
     /src/target/release/seed-agents /src/target/release/seed-channels /usr/local/bin/
# Production: a setting that is missing stops the start instead of being made up.
ENV APP_ENV=production PORT=3000 DATA_DIR=/data
USER reception
WORKDIR /data
EXPOSE 3000
# The process answers, nothing is asked of the database: while that is away, callers still get their fallback.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
CMD ["reception", "serve"]
