# The image of FindMe: one program, its private PostgreSQL, and start.sh, which gets the models and serves.
#
#   docker build -t findme .
#   docker run -p 8080:8080 -v findme-data:/data findme
#
# Everything that must last lies in /data. DATABASE_URL and FINDME_MODEL_MIRROR work as they do outside of Docker.

FROM node:22-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake nasm python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
WORKDIR /src
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# The library comes before the sources, so that a change of theirs does not fetch it again.
COPY .config/bootstrap.sh .config/bootstrap.sh
RUN mkdir /out \
    && source <(tr -d '\r' <.config/bootstrap.sh) \
    && ensure_onnx \
    && cp "$ORT_DYLIB_PATH" /out/libonnxruntime.so
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    SQLX_OFFLINE=true cargo build --release --locked --bin findme \
    && cp target/release/findme /out/findme

FROM debian:bookworm-slim
# No cluster is made while the package installs: FindMe makes its own in /data.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libheif1 libstdc++6 postgresql-common \
    && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin findme \
    && install -d -o findme -g findme -m 0750 /data
WORKDIR /app
COPY --from=build /out/findme /out/libonnxruntime.so ./
COPY start.sh ./
COPY .config/bootstrap.sh .config/bootstrap.sh
ENV FINDME_BIN=/app/findme \
    ORT_DYLIB_PATH=/app/libonnxruntime.so \
    FINDME_DATA=/data \
    FINDME_CACHE=/data/cache \
    FINDME_LISTEN=0.0.0.0:8080 \
    LANG=C.UTF-8
USER findme
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# The first start makes the database and fetches the models.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:8080/ready"]
ENTRYPOINT ["bash", "/app/start.sh"]
